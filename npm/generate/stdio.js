// A server started by its command: JSON-RPC, one message per line, over its stdin and stdout.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { Failure } from './failure.js';
import { isRecord } from './json-type.js';
import { oneLine, visible } from './text.js';

const LONGEST_MESSAGE = 64 * 1024 * 1024;
const STDERR_KEPT = 8 * 1024;
const GRACE = 2000; // milliseconds for each kinder way of ending, before the next

// A group of its own, so that what the command started (npx starts a shell that starts the server) ends with it.
const HAS_GROUP = process.platform !== 'win32';

export class StdioServer {
  #child;
  #closed;
  #name;
  #timeout;
  #lastId = 0;
  #waiting = new Map(); // id → {method, resolve, reject, timer}
  #pieces = []; // of a line whose end has not come
  #length = 0;
  #stray; // the first line on stdout that is no message
  #stderr = '';
  #ended; // why there are no more answers

  constructor([program, ...words], timeout) {
    this.#name = oneLine([program, ...words].join(' '), 120);
    this.#timeout = timeout;
    this.#child = spawn(program, words, { stdio: 'pipe', detached: HAS_GROUP, windowsHide: true });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.once('error', (error) => this.#end(`cannot start ${this.#name}: ${startAdvice(error, program)}`));
    this.#child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : signal;
      // What it wrote last may still be on its way, an answer even; but what it left running may keep its output open.
      this.#isGone().then(() => this.#end(`${this.#name} ended (${how}) before it answered`));
    });
    this.#child.stdin.on('error', () => {}); // its end tells more
    this.#child.stdout.setEncoding('utf8').on('data', (text) => this.#take(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
  }

  /** Resolves to the answer, `{result}` or `{error}`. */
  request(method, params) {
    if (this.#ended !== undefined) return Promise.reject(this.#failure(this.#ended));
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const late = `${this.#name} did not answer ${method} within ${this.#timeout} ms; give it longer with --timeout`;
      const timer = setTimeout(() => this.#end(late), this.#timeout);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  notify(method) {
    this.#send({ jsonrpc: '2.0', method });
  }

  /** A failure with what the server wrote to stderr below it. */
  failure(message) {
    return this.#failure(`${this.#name} ${message}`);
  }

  /** Ends the server: its input first, as the protocol has it, then harder. */
  async close() {
    this.#end(`${this.#name} was closed`);
    if (this.#child.pid === undefined) return;
    this.#child.stdin.end();
    if (await this.#isGone()) return;
    this.#signal('SIGTERM');
    if (await this.#isGone()) return;
    this.kill();
    await this.#isGone();
  }

  /** Ends it at once. */
  kill() {
    this.#signal('SIGKILL');
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
  }

  #send(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #take(text) {
    if (this.#ended !== undefined) return; // kept flowing, so that it can end
    const lines = text.split('\n');
    for (const line of lines.slice(0, -1)) {
      this.#receive([...this.#pieces, line].join('').trim());
      this.#pieces = [];
      this.#length = 0;
    }
    this.#pieces.push(lines.at(-1));
    this.#length += lines.at(-1).length;
    if (this.#length > LONGEST_MESSAGE)
      this.#end(`${this.#name} sent a message of more than ${LONGEST_MESSAGE} characters`);
  }

  #receive(line) {
    if (line === '') return;
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      this.#stray ??= line; // some servers log to stdout; that alone is no reason to give up
      return;
    }
    if (!isRecord(message)) return;
    if (typeof message.method === 'string') this.#answer(message);
    else this.#settle(message);
  }

  /** The server asks us: we are there, and that is all we can do. */
  #answer({ id, method }) {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const reply = method === 'ping' ? { result: {} } : { error: { code: -32601, message: 'Method not found' } };
    this.#send({ jsonrpc: '2.0', id, ...reply });
  }

  #settle({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(error === undefined || error === null ? { result } : { error: Object(error) });
  }

  #end(reason) {
    this.#ended ??= reason;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(this.#failure(this.#ended));
    }
    this.#waiting.clear();
  }

  #failure(message) {
    const heard = [];
    if (this.#stray !== undefined) heard.push('It wrote to stdout, where only messages belong:', oneLine(this.#stray));
    const lines = this.#stderr
      .trim()
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .slice(-30);
    if (lines.length > 0) heard.push('It wrote to stderr:', ...lines.map((line) => `  ${visible(line)}`));
    return new Failure(message, { details: heard.join('\n') });
  }

  async #isGone() {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), GRACE);
    try {
      return await Promise.race([this.#closed.then(() => true), once(patience.signal, 'abort').then(() => false)]);
    } finally {
      clearTimeout(timer);
    }
  }

  #signal(name) {
    try {
      if (HAS_GROUP) process.kill(-this.#child.pid, name);
      else this.#child.kill(name);
    } catch {
      // It is gone already.
    }
  }
}

function startAdvice(error, program) {
  if (error.code === 'ENOENT' && /\s/.test(program)) return 'write its words apart, not in one pair of quotes';
  if (error.code === 'ENOENT' && process.platform === 'win32')
    return 'there is no such program; for npx and the like, write: cmd /c npx …';
  if (error.code === 'ENOENT') return 'there is no such program; is it installed, and the path right?';
  if (error.code === 'EACCES') return 'it is not executable; put its interpreter before it, as in: node server.mjs';
  return error.message;
}
