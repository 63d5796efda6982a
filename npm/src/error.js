// MCPError: the error that failing calls reject with.

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
