// MCPError: the one error a call rejects with, whatever went wrong on the way.

export class MCPError extends Error {
  constructor(code, message, data, cause) {
    super(message);
    this.code = code;
    this.data = data;
    if (cause !== undefined) this.cause = cause;
  }
}
// On the prototype and not enumerable, like the name of every built-in error.
Object.defineProperty(MCPError.prototype, 'name', { value: 'MCPError', configurable: true, writable: true });
