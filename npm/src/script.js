// The classic script's entry: `MCPClient` and `MCPError` become globals of the page, as with the original SDK.

import { MCPClient } from './client.js';
import { MCPError } from './error.js';

Object.assign(globalThis, { MCPClient, MCPError });
