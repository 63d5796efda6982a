// The package's entry: the client and its error.
export { MCPClient } from './client.js';
export { MCPError } from './error.js';
