// Expected failures of the command: a message for the user and an exit code.

/** An expected failure. Its message names what happened, where, and the remedy; the user sees no stack. */
export class Failure extends Error {
  constructor(message, { exitCode = 1, details = '' } = {}) {
    super(message);
    this.exitCode = exitCode;
    /** Lines to print below the message, such as the stderr output of the server. */
    this.details = details;
  }
}

/** A wrong command line: nothing has been started. */
export function misuse(message) {
  return new Failure(message, { exitCode: 2 });
}
