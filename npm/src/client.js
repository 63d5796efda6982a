// MCPClient: the shell around the module. It owns promises, fetch and timers; what to do is decided in Rust.

import { BATCH, newCall, NOTIFICATION, REQUEST, wireText } from './call.js';
import { MCPError } from './error.js';
import { reportFromPlainJavaScript } from './last-resort.js';
import { loadModule } from './module.js';
import { post } from './post.js';
import { Reporter } from './reporter.js';
import { settings } from './settings.js';

const READS_ONLY = { idempotent: true };

// Every public method makes `new Error()` itself, and none is async: exactly one frame of the client then stands above
// the caller's own, in every engine. It is dropped when, and only when, the stack is needed.
export class MCPClient {
  #settings;
  #session;
  #ready;
  #reporter;
  #loadReported = false;

  constructor(endpoint = '/jsonrpc', options = {}) {
    const { endpoint: address, retries, reportTo } = (this.#settings = settings(endpoint, options));
    this.#ready = loadModule().then((Session) => {
      this.#session = new Session(address, retries, reportTo);
      if (reportTo !== undefined) this.#reporter = new Reporter(this.#session);
    });
    this.#ready.catch(() => {}); // every call tells; nobody needs to watch `ready`
  }

  get ready() {
    return this.#ready;
  }

  request(method, params, options) {
    return this.#send(REQUEST, method, params, options, new Error());
  }

  notify(method, params) {
    return this.#send(NOTIFICATION, method, params, undefined, new Error());
  }

  batch(calls) {
    return this.#sendBatch(calls, new Error());
  }

  callTool(name, args = {}, options = undefined) {
    return this.#send(REQUEST, 'tools/call', { name, arguments: args }, options, new Error());
  }

  listTools() {
    return this.#send(REQUEST, 'tools/list', {}, undefined, new Error());
  }

  getModel(modelId) {
    return this.#send(REQUEST, 'get_model', { model_id: modelId }, READS_ONLY, new Error());
  }

  ping() {
    return this.#send(REQUEST, 'ping', undefined, undefined, new Error());
  }

  async #send(kind, method, params, options, trace) {
    const call = newCall(kind, method, params, options, this.#settings, trace);
    const session = this.#session ?? (await this.#opened(trace));
    if (kind === REQUEST) call.id = session.begin();
    const outcome = await this.#deliver(session, call, wireText(call));
    return kind === REQUEST ? outcome.message.result : undefined;
  }

  async #sendBatch(entries, trace) {
    if (!Array.isArray(entries) || entries.length === 0) {
      throw new TypeError('MCPClient.batch: "calls" must be an array of at least one call');
    }
    const members = entries.map((entry) => {
      const { method, params, notification, idempotent } = Object(entry);
      return newCall(notification ? NOTIFICATION : REQUEST, method, params, { idempotent }, this.#settings, trace);
    });
    const session = this.#session ?? (await this.#opened(trace));

    const whole = newCall(BATCH, 'batch', undefined, undefined, this.#settings, trace);
    whole.members = members;
    whole.id = null;
    for (const member of members) {
      if (member.kind === REQUEST) {
        member.id = session.begin();
        whole.id = undefined;
      }
    }
    whole.params = `[${members.map(wireText).join(',')}]`;
    const outcome = await this.#deliver(session, whole, whole.params);

    const replies = session.in_order(members, outcome.message);
    return members.map((member, place) =>
      this.#settled(session, member, { ...outcome, message: replies[place], replies: outcome.message }),
    );
  }

  /** One member of an answered batch, in the shape of `Promise.allSettled`. */
  #settled(session, member, outcome) {
    if (member.kind === NOTIFICATION) return { status: 'fulfilled', value: undefined };
    const verdict = session.settle(member, outcome.status, outcome.message);
    if (verdict !== 1) this.#reporter?.flushIn(0);
    return verdict === 0
      ? { status: 'rejected', reason: session.judge(member, outcome) }
      : { status: 'fulfilled', value: outcome.message.result };
  }

  /** Posts until the module calls it a success or gives up. */
  async #deliver(session, call, body) {
    const { endpoint, headers } = this.#settings;
    for (;;) {
      const outcome = await post(endpoint, headers, body, call.timeout);
      const verdict = session.settle(call, outcome.status, outcome.message);
      if (verdict === 1) return outcome;
      if (verdict === 2) {
        this.#reporter?.flushIn(0);
        return outcome;
      }
      const next = session.judge(call, outcome); // an MCPError, or how long to wait
      if (typeof next !== 'number') {
        this.#reporter?.flushIn(0);
        throw next;
      }
      call.repeats += 1;
      await new Promise((resume) => setTimeout(resume, next));
    }
  }

  async #opened(trace) {
    try {
      await this.#ready;
      return this.#session;
    } catch (failure) {
      throw this.#notLoaded(failure, trace);
    }
  }

  /** The load's failure as this call's own error, with the caller's frames. */
  #notLoaded(failure, trace) {
    const error = new MCPError(failure.code, failure.message);
    error.cause = failure.cause;
    const lines = String(trace.stack).split('\n');
    const own = lines.slice(lines[0].startsWith('Error') ? 2 : 1).join('\n');
    error.stack = `${error.name}: ${error.message}\n${own}`;
    const { reportTo } = this.#settings;
    if (reportTo !== undefined && !this.#loadReported) {
      this.#loadReported = true;
      reportFromPlainJavaScript(reportTo, error);
    }
    return error;
  }
}
