// The classic script's entry: makes `MCPClient` and `MCPError` globals of the page, as the original SDK did.

import { MCPClient } from './client.js';
import { MCPError } from './error.js';

Object.assign(globalThis, { MCPClient, MCPError });
