// One client's way to its server: requests and their answers, and what the module says is to be done about them.

import { EventStream, Session } from '../pkg/glue.js';
import {
  FAILED,
  HAS_ERROR_CODE,
  LIST_TOOLS,
  MAY_REFRESH_HEADERS,
  NEEDS_INPUT,
  RECONNECT,
  RECONNECTED,
  REJECT,
  REQUEST,
  RETRY,
  SUCCEEDED,
  TIMED_OUT,
  TOOLS_LISTED,
  TOOL_FAILED,
} from '../pkg/shared-numbers.js';
import { factsOf, failureOf, saidIn, SESSION_HEADER, takeText, VERSION_HEADER } from './answer.js';
import { newCall, wireText } from './call.js';
import { pause, unwatch, watch } from './deadline.js';
import { answerTo } from './handlers.js';
import { shakeHands } from './handshake.js';
import { MCPError } from './error.js';
import { isFunction } from './kinds.js';
import { LONGEST_TIMER } from './limits.js';
import { plainHeaders } from './settings.js';
import { headersFor, usableTools } from './tool-headers.js';
import { plainFetch } from './trail.js';

/** How often a server may ask for input before it answers one call. */
const MOST_ROUNDS = 16;
/** How long an answered stream may stay open, in milliseconds. */
const GRACE = 100;

export class Connection {
  /** The module's part of this; undefined before the module has loaded. */
  session;
  /** What the server has told of itself: info, capabilities, instructions. */
  server = {};
  /** `_meta` of every request, in the newer era; undefined in the older. */
  meta;
  /** The page's handlers by their methods. */
  notifications = new Map();
  requests = new Map();
  #connecting;
  /** The handshake's last call. */
  #asking;
  #isReady;
  /** Which connection this is: they are counted. */
  #epoch = 0;
  /** The headers of every request; undefined when they have to be made anew. */
  #headers;
  /** By tool: where the values of `Mcp-Param-…` headers stand in its arguments. */
  #toolHeaders = new Map();
  #inFlight = new Set();
  /** Calls that want to hear of their progress, by the mark it is told under. */
  #progress = new Map();
  #marks = 0;
  #listening;

  constructor(settings, onerror) {
    this.settings = settings;
    this.onerror = onerror;
    this.isMCP = settings.mode !== 0;
    this.#isReady = !this.isMCP;
  }

  /** The module has loaded. */
  open() {
    const { endpoint, retries, mode } = this.settings;
    this.session = new Session(endpoint, retries, mode);
  }

  /** The revision in use; undefined before it is known, and for plain JSON-RPC. */
  get version() {
    return this.#headers?.[VERSION_HEADER];
  }

  get era() {
    if (!this.isMCP || !this.#isReady) return undefined;
    return this.meta ? 'modern' : 'legacy';
  }

  /** A call of our own, on behalf of one of the page's. */
  ownCall(kind, method, params, { timeout, trace }, isHandshake) {
    const call = newCall(kind, method, params, { timeout }, this.settings, trace);
    call.isHandshake = isHandshake;
    if (isHandshake) this.#asking = call;
    return call;
  }

  /** Sends a call until the module calls it a success; throws what it fails with. */
  async deliver(call) {
    for (let rounds = 0; ; ) {
      const outcome = await this.attempt(call);
      const verdict = this.session.settle(call.kind, outcome.status, outcome.facts);
      if (verdict === SUCCEEDED || verdict === TOOL_FAILED) {
        outcome.toolFailed = verdict === TOOL_FAILED;
        return outcome;
      }
      if (verdict === NEEDS_INPUT) await this.#gather(call, outcome.message.result, (rounds += 1));
      else await this.remedy(call, outcome);
    }
  }

  /** A batch's member in the batch's outcome; throws what it fails with. */
  take(call, outcome) {
    if (call.kind === REQUEST) {
      const verdict = this.session.settle(REQUEST, outcome.status, outcome.facts);
      if (verdict === FAILED) throw this.#judge(call, outcome);
      outcome.toolFailed = verdict === TOOL_FAILED;
    }
    return outcome;
  }

  /** What the module makes of a failed attempt. */
  #judge(call, outcome) {
    const { message, text, response } = outcome;
    const { kind, flags, repeats, timeout, methods = call.method } = call;
    const judgement = this.session.judge({
      kind,
      flags,
      repeats,
      timeout,
      methods,
      status: outcome.status,
      facts: outcome.facts,
      errorCode: outcome.facts & HAS_ERROR_CODE ? message.error.code : NaN,
      serverMessage: saidIn(outcome),
      bodyStart: text.slice(0, 500),
      ids: `${JSON.stringify(message?.id)}, not ${call.id}`,
      retryAfter: response?.headers.get('retry-after'),
    });
    return failureOf(judgement, call, outcome);
  }

  /** Does what helps, so that the call can be sent again, or throws what it fails with. */
  async remedy(call, outcome) {
    const failure = this.#judge(call, outcome);
    const { remedy, wait } = failure;
    if (remedy === REJECT) throw failure;
    call.flags &= ~TIMED_OUT;
    if (remedy === RETRY) {
      call.repeats += 1;
      call.wait = wait;
    } else if (remedy === RECONNECT) {
      call.flags |= RECONNECTED;
      // Of several calls that lost one session, the first to hear of it opens the next.
      if (call.epoch === this.#epoch) this.#disconnect();
    } else if (remedy === LIST_TOOLS) {
      call.flags |= TOOLS_LISTED;
      this.keepTools((await this.deliver(this.ownCall(REQUEST, 'tools/list', {}, call))).message.result);
    } else {
      call.flags &= ~MAY_REFRESH_HEADERS;
    }
  }

  /** One request and its whole answer; throws only for what the page itself did. */
  async attempt(call) {
    const outcome = { status: 0, facts: 0, text: '', message: undefined, response: undefined, thrown: undefined };
    const signal = call.options?.signal;
    throwIfAborted(signal);
    watch(call, call.timeout + call.wait);
    const stop = signal && (() => call.controller?.abort());
    signal?.addEventListener('abort', stop);
    this.#inFlight.add(call);
    let isSent = false;
    let isClean = false;
    let failure;
    try {
      if (call.wait) {
        await pause(call.wait, call.controller.signal);
        call.wait = 0;
        watch(call, call.timeout);
      }
      if (!this.#isReady && !call.isHandshake) await unlessEnded(call, this.connect(call));
      if (this.meta && call.params?.[0] === '[') {
        throw { aborted: new TypeError(`MCPClient: the params of "${call.method}" must be an object: MCP adds to them`) };
      }
      // Sent again, it is the same request; MCP wants it to be another one.
      if (call.kind === REQUEST && (this.isMCP || call.id === 0)) call.id = this.session.begin();
      const body = call.members ? call.params : wireText(call, this.#metaOf(call));
      call.epoch = this.#epoch;
      const known = this.#headers;
      const headers = known && !call.headers && !this.meta ? known : await unlessEnded(call, this.#headersOf(call));
      isSent = true;
      const response = (outcome.response = await this.#fetch('POST', call, headers, body));
      if (this.#isStream(response) && call.kind === REQUEST) {
        await this.#read(call, response, outcome);
      } else {
        takeText(outcome, call, await response.text());
        // The status comes last: an answer that breaks off is no answer.
        outcome.status = response.status;
        isClean = true;
      }
    } catch (error) {
      if (error instanceof Error) outcome.thrown = error;
      else failure = error;
    }
    this.#inFlight.delete(call);
    signal?.removeEventListener('abort', stop);
    if (call.mark) this.#progress.delete(call.mark);
    unwatch(call, isClean);
    if (!outcome.status) {
      if (isSent && (signal?.aborted || call.flags & TIMED_OUT)) this.#cancel(call, signal);
      throwIfAborted(signal);
      if (call.isClosed) throw { code: 'CLOSED', message: 'The client was closed before the answer' };
      if (failure) throw failure;
    }
    return outcome;
  }

  #fetch(method, call, headers, body) {
    return plainFetch()(this.settings.endpoint, { method, headers, body, signal: call.controller?.signal });
  }

  #isStream(response) {
    return this.isMCP && response.ok && /^text\/event-stream/i.test(response.headers.get('content-type'));
  }

  /** Headers are plain objects all the way: `fetch` copies them once, and a `Headers` twice. */
  async #headersOf(call = {}, more) {
    let base = this.#headers;
    if (!base) {
      const { headers } = this.settings;
      let given = headers;
      try {
        if (isFunction(headers)) given = plainHeaders((await headers()) ?? {});
      } catch (thrown) {
        const message = `The option "headers" failed: ${thrown?.message ?? thrown}`;
        throw { code: 'HEADERS', message, outcome: { thrown } };
      }
      base = { ...Object.fromEntries(this.session.headers()), ...given };
      // A function is asked for every request: what it gives may expire.
      if (given === headers) this.#headers = base;
    }
    const own = this.meta && call.method && headersFor(call, this.#toolHeaders);
    return { ...base, ...own, ...call.headers, ...more };
  }

  #metaOf(call) {
    if (!call.options?.onprogress) return this.meta;
    call.mark = `p${(this.#marks += 1)}`;
    this.#progress.set(call.mark, call);
    return { ...this.meta, progressToken: call.mark };
  }

  /** Reads an event stream up to the answer, across connections; the rest of it is dealt with as it comes. */
  async #read(call, response, outcome) {
    const stream = new EventStream();
    const decoder = new TextDecoder();
    const { signal } = call.controller;
    try {
      for (let times = 0; ; times += 1) {
        const reader = response.body.getReader();
        let broken = new Error('the event stream ended before the answer');
        try {
          for (let piece; !(piece = await reader.read()).done; ) {
            const texts = stream.feed(piece.value);
            if (!texts) throw new Error('an event of the stream is too large');
            for (const text of decoder.decode(texts).split('\n').filter(Boolean)) {
              times = 0;
              const message = this.#parsed(text);
              // With an id of null a server answers what it could not read; without anything in it, it is no answer.
              const { id, result, error } = message;
              const isAnswer = id === call.id || (id == null && (result ?? error)) || Array.isArray(message);
              if (message.method !== undefined || !isAnswer) {
                this.#receive(message, call);
              } else {
                outcome.message = message;
                outcome.facts = factsOf(message, call.id);
                outcome.status = response.status;
              }
            }
            if (outcome.status) return letEnd(reader);
          }
        } catch (error) {
          broken = error;
        }
        const id = stream.last_id();
        const wait = signal.aborted ? undefined : this.session.resume_after(id?.length > 0, times, stream.retry());
        if (wait === undefined) throw broken;
        await pause(wait, signal);
        response = await this.#fetch('GET', call, await this.#headersOf({}, { 'last-event-id': decoder.decode(id) }));
        if (!this.#isStream(response)) throw broken;
      }
    } finally {
      stream.free();
    }
  }

  #parsed(text) {
    try {
      return Object(JSON.parse(text));
    } catch (error) {
      this.onerror(error);
      return { method: '' };
    }
  }

  /** A message of the server that answers no call: a notification, or a request of its own. */
  #receive({ method, params, id }, call) {
    if (id != null) {
      if (method) answerTo(this.requests, method, params).then((answer) => this.#quietly('POST', { id, ...answer }));
      return;
    }
    if (method === 'notifications/progress') {
      const asking = this.#progress.get(params?.progressToken) ?? call;
      if (asking.options?.resetTimeoutOnProgress && asking.controller) watch(asking, asking.timeout);
      this.#tell(asking.options?.onprogress, params);
    }
    this.#tell(this.notifications.get(method), { method, params });
  }

  /** A handler's mistake is the page's, and must not end a stream. */
  async #tell(handler, value, signal) {
    try {
      await handler?.(value);
    } catch (error) {
      if (signal?.aborted) return;
      this.onerror(error instanceof Error ? error : new MCPError(error?.code, error?.message ?? String(error)));
    }
  }

  /** Sends something nobody waits for. */
  #quietly(method, message) {
    return this.#tell(async () => {
      const body = message && JSON.stringify({ jsonrpc: '2.0', ...message });
      await (await this.#fetch(method, {}, await this.#headersOf(), body)).text();
    });
  }

  /** Tells a server of the older era that nobody waits any more; in the newer one the broken connection does. */
  #cancel(call, signal) {
    if (this.era !== 'legacy' || call.kind !== REQUEST) return;
    const reason = signal?.aborted ? String(signal.reason?.message ?? signal.reason) : 'timeout';
    this.#quietly('POST', { method: 'notifications/cancelled', params: { requestId: call.id, reason } });
  }

  /** Gathers the input the server asks for, to be sent with the call's next attempt. */
  async #gather(call, { inputRequests, requestState }, round) {
    const inputResponses = {};
    const refuse = (why) => {
      const message = `${this.settings.endpoint} asks for ${why}`;
      throw { code: 'INPUT_REQUIRED', message, class: 'protocol', call };
    };
    if (round > MOST_ROUNDS) refuse('input again and again');
    for (const [name, request] of Object.entries(inputRequests ?? {})) {
      const { method, params } = Object(request);
      const { result, error } = await answerTo(this.requests, method, params);
      inputResponses[name] = result;
      if (error) refuse(`"${method}", which failed here: ${error.message}`);
    }
    const state = requestState === undefined ? '' : `,"requestState":${JSON.stringify(requestState)}`;
    call.inputs = `"inputResponses":${JSON.stringify(inputResponses)}${state}`;
  }

  /** Connects, once for all calls that wait for it. */
  connect(call) {
    // One that has run out of time says so in a moment; there is no use in waiting for it.
    if (!this.#connecting || this.#asking.flags & TIMED_OUT) {
      const connecting = (this.#connecting = shakeHands(this, call)
        .then(() => {
          this.#isReady = true;
          this.#epoch += 1;
          this.listen();
        })
        .finally(() => {
          if (this.#connecting === connecting) this.#connecting = undefined;
        }));
    }
    return this.#connecting;
  }

  /** What every request tells has changed. */
  renewHeaders() {
    this.#headers = undefined;
  }

  #disconnect() {
    this.#listening?.abort();
    this.session?.disconnect();
    this.#isReady = !this.isMCP;
    this.renewHeaders();
  }

  /** The tools of a list that can be called; where their parameters travel is remembered. */
  keepTools(result) {
    if (this.meta && Array.isArray(result?.tools)) result.tools = usableTools(result.tools, this.#toolHeaders);
  }

  /** What the server tells unasked is listened to as soon as somebody wants to hear it. */
  async listen() {
    const wanted = [...this.notifications.keys()].filter((method) => !/progress|cancelled/.test(method));
    const changes = /^notifications\/(tools|prompts|resources)\/list_changed$/;
    const kinds = wanted.filter((method) => changes.test(method));
    if (!this.era || !(this.meta ? kinds.length : wanted.length || this.requests.size)) return;
    this.#listening?.abort();
    const controller = (this.#listening = new AbortController());
    const { signal } = controller;
    await this.#tell(async () => {
      if (this.meta) {
        // A call whose answer is the end of it.
        const filter = kinds.map((method) => [`${changes.exec(method)[1]}ListChanged`, true]);
        const options = { signal, timeout: LONGEST_TIMER, idempotent: true };
        const params = { notifications: Object.fromEntries(filter) };
        await this.deliver(newCall(REQUEST, 'subscriptions/listen', params, options, this.settings));
      } else {
        // The stream beside the calls; a server that has none says 405.
        const call = { controller, id: 0 };
        const response = await this.#fetch('GET', call, await this.#headersOf());
        if (this.#isStream(response)) await this.#read(call, response, {});
        else response.body?.cancel();
      }
    }, undefined, signal);
  }

  /** Ends everything that is open, and tells a server that has kept a session. */
  async close() {
    for (const call of this.#inFlight) {
      call.isClosed = true;
      call.controller?.abort();
    }
    this.#listening?.abort();
    if (this.era === 'legacy' && this.session.headers().has(SESSION_HEADER)) await this.#quietly('DELETE');
    this.#disconnect();
  }
}

function throwIfAborted(signal) {
  if (signal?.aborted) throw { aborted: signal.reason };
}

/** What a promise becomes, unless the call's time or the page's wish for it ends first. */
function unlessEnded({ controller: { signal } }, promise) {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
    // Signals are used again: what is left on them adds up.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

/** An answered stream ends by itself soon, and its connection can be used again; if it does not, it is ended. */
function letEnd(reader) {
  const end = () => reader.cancel().catch(() => {});
  const timer = setTimeout(end, GRACE);
  reader.read().then(end, end).finally(() => clearTimeout(timer));
}
