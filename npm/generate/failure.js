// Failure: what the command says when it gives up, and the exit code that goes with it.

/** An expected failure. Its message says what happened, where, and what to do; no stack is shown. */
export class Failure extends Error {
  constructor(message, { exitCode = 1, details = '' } = {}) {
    super(message);
    this.exitCode = exitCode;
    /** Several lines to be shown below the message, such as what the server wrote to stderr. */
    this.details = details;
  }
}

/** The command line was wrong: nothing was started. */
export function misuse(message) {
  return new Failure(message, { exitCode: 2 });
}
