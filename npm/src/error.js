// MCPError, the error that failing calls reject with, and Failure, what the client throws until then.

export class MCPError extends Error {
  constructor(code, message, data, cause) {
    super(message);
    this.code = code;
    this.data = data;
    if (cause !== undefined) this.cause = cause;
  }
}
// On the prototype and not enumerable, like the name of every built-in error.
Object.defineProperty(MCPError.prototype, 'name', { __proto__: null, value: 'MCPError', configurable: true, writable: true });

/**
 * A failure that the client has found: `reason`, with which the call rejects as it is, or code, message and class of the
 * MCPError. Its class distinguishes it from whatever an engine or a page throws.
 */
export class Failure {
  constructor(members) {
    Object.assign(this, members);
  }
}
