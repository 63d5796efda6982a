// A server started by its command: JSON-RPC over its stdin and stdout, one message per line.
//
// Not the official SDK, so that the package has no dependencies and `npx` starts fast.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { Failure } from './failure.js';
import { isRecord } from './json-type.js';
import { oneLine, visible } from './text.js';

const MAX_MESSAGE = 64 * 1024 * 1024; // characters
const MAX_STDERR = 8 * 1024; // characters; the last ones are quoted in failures
const MAX_STDERR_LINES = 30;
const GRACE_PERIOD = 2000; // milliseconds after each step to end the server: closed stdin, SIGTERM, SIGKILL

// A process group of its own ends as a whole: npx starts a shell that starts the server.
const HAS_GROUP = process.platform !== 'win32';

export class StdioServer {
  #child;
  #closed;
  #name;
  #timeout;
  #lastId = 0;
  #pending = new Map(); // id → {resolve, reject, timer}
  #pieces = []; // of a line without its end
  #length = 0; // of the pieces, in characters
  #strayLine; // the first line on stdout that is not JSON
  #stderr = '';
  #endReason; // set once there are no more responses

  constructor([program, ...words], timeout) {
    this.#name = oneLine([program, ...words].join(' '), 120);
    this.#timeout = timeout;
    this.#child = spawn(program, words, { stdio: 'pipe', detached: HAS_GROUP, windowsHide: true });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.once('error', (error) => this.#end(`cannot start ${this.#name}: ${startAdvice(error, program)}`));
    this.#child.once('exit', (code, signal) => {
      const status = signal === null ? `exit code ${code}` : signal;
      // The server's last output, perhaps a response, may not be read yet. The wait is limited, because a process that
      // the server started may keep its stdout open.
      this.#hasClosed().then(() => this.#end(`${this.#name} ended (${status}) before it responded`));
    });
    this.#child.stdin.on('error', () => {}); // the exit of the server says more
    this.#child.stdout.setEncoding('utf8').on('data', (text) => this.#readOutput(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR);
    });
  }

  /** Resolves to the response, `{result}` or `{error}`. */
  request(method, params) {
    if (this.#endReason !== undefined) return Promise.reject(this.#failure(this.#endReason));
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const timedOut = `${this.#name} did not respond to ${method} within ${this.#timeout} ms; set a longer --timeout`;
      const timer = setTimeout(() => this.#end(timedOut), this.#timeout);
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  notify(method) {
    this.#send({ jsonrpc: '2.0', method });
  }

  /** A failure with the stderr output of the server in its details. */
  failure(message) {
    return this.#failure(`${this.#name} ${message}`);
  }

  /** Ends the server: closes its stdin, as the protocol says, then sends SIGTERM, then SIGKILL. */
  async close() {
    this.#end(`${this.#name} was closed`);
    if (this.#child.pid === undefined) return;
    this.#child.stdin.end();
    if (await this.#hasClosed()) return;
    this.#signal('SIGTERM');
    if (await this.#hasClosed()) return;
    this.kill();
    await this.#hasClosed();
  }

  /** Ends the server at once. */
  kill() {
    this.#signal('SIGKILL');
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
  }

  #send(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #readOutput(text) {
    if (this.#endReason !== undefined) return; // read and dropped, so that a full pipe does not block the server's exit
    const lines = text.split('\n');
    for (const line of lines.slice(0, -1)) {
      this.#receive([...this.#pieces, line].join('').trim());
      this.#pieces = [];
      this.#length = 0;
    }
    this.#pieces.push(lines.at(-1));
    this.#length += lines.at(-1).length;
    if (this.#length > MAX_MESSAGE) this.#end(`${this.#name} sent a message of more than ${MAX_MESSAGE} characters`);
  }

  #receive(line) {
    if (line === '') return;
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      this.#strayLine ??= line; // some servers log to stdout; that alone is not a failure
      return;
    }
    if (!isRecord(message)) return;
    if (typeof message.method === 'string') this.#respond(message);
    else this.#settle(message);
  }

  /** Responds to a request of the server. Only `ping` is supported. */
  #respond({ id, method }) {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const response = method === 'ping' ? { result: {} } : { error: { code: -32601, message: 'Method not found' } };
    this.#send({ jsonrpc: '2.0', id, ...response });
  }

  #settle({ id, result, error }) {
    const request = this.#pending.get(id);
    if (request === undefined) return;
    this.#pending.delete(id);
    clearTimeout(request.timer);
    request.resolve(error === undefined || error === null ? { result } : { error: Object(error) });
  }

  #end(reason) {
    this.#endReason ??= reason;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(this.#failure(this.#endReason));
    }
    this.#pending.clear();
  }

  #failure(message) {
    const details = [];
    if (this.#strayLine !== undefined)
      details.push('It wrote to stdout, where only messages belong:', oneLine(this.#strayLine));
    const lines = this.#stderr
      .trim()
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .slice(-MAX_STDERR_LINES);
    if (lines.length > 0) details.push('It wrote to stderr:', ...lines.map((line) => `  ${visible(line)}`));
    return new Failure(message, { details: details.join('\n') });
  }

  /** Resolves to true once the server has ended and closed its output, or to false after the grace period. */
  async #hasClosed() {
    const grace = new AbortController();
    const timer = setTimeout(() => grace.abort(), GRACE_PERIOD);
    try {
      return await Promise.race([this.#closed.then(() => true), once(grace.signal, 'abort').then(() => false)]);
    } finally {
      clearTimeout(timer);
    }
  }

  #signal(name) {
    try {
      if (HAS_GROUP) process.kill(-this.#child.pid, name);
      else this.#child.kill(name);
    } catch {
      // It has ended already.
    }
  }
}

function startAdvice(error, program) {
  if (error.code === 'ENOENT' && /\s/.test(program))
    return 'write the program and its arguments as separate words, not in one pair of quotes';
  if (error.code === 'ENOENT' && process.platform === 'win32')
    return 'there is no such program; for npx and the like, write: cmd /c npx …';
  if (error.code === 'ENOENT') return 'there is no such program; is it installed, and is the path right?';
  if (error.code === 'EACCES') return 'it is not executable; put its interpreter before it, as in: node server.mjs';
  return error.message;
}
