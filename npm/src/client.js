// MCPClient: the public surface. What a call needs is gathered here, and its failure becomes the caller's error.

import { Session } from '../pkg/glue.js';
import { BATCH, NOTIFICATION, REQUEST } from '../pkg/shared-numbers.js';
import { memberOutcome, repliesInOrder, toolFailure } from './answer.js';
import { newCall, repeatableAs, wireText } from './call.js';
import { Connection } from './connection.js';
import { deliver, settleMember } from './deliver.js';
import { MCPError } from './error.js';
import { BODY_START } from './failure.js';
import { isObject, isText, listOf } from './kinds.js';
import { reportFromPlainJavaScript } from './last-resort.js';
import { listen } from './listen.js';
import { loadModule } from './module.js';
import { hearGlobalErrors, withoutFragment } from './page.js';
import { Reporter } from './reporter.js';
import { expect, FUNCTION, settings, TEXT } from './settings.js';
import { leaveStep } from './trail.js';

const CALLS = [(value) => listOf(value).length, 'an array of at least one call'];
/** Longest parameters that are looked at for a report, in UTF-16 units. */
const LONGEST_PARAMS = 32 * 1024;
/** Most pages of a list that are asked for. */
const MOST_PAGES = 64;

// Every public method makes `new Error()` itself, and none is async: exactly one frame of the client then stands above
// the caller's own, in every engine. It is dropped when, and only when, the stack is needed.
export class MCPClient {
  #settings;
  #connection;
  #ready;
  #reporter;
  #loadReported;
  #deaf;

  onclose;
  onerror;

  constructor(endpoint = '/jsonrpc', options = {}) {
    const { wasmUrl, reporting } = (this.#settings = settings(endpoint, options));
    const connection = (this.#connection = new Connection(this.#settings, (error) => this.onerror?.(error)));
    this.#ready = loadModule(wasmUrl).then(() => {
      if (reporting) this.#reporter = new Reporter(reporting);
      connection.open();
    });
    this.#ready.catch(() => {}); // every call tells; nobody needs to watch `ready`
    if (reporting?.captureGlobalErrors) {
      this.#deaf = hearGlobalErrors((kind, error) => this.#reportAny(error, undefined, kind));
    }
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

  callTool(tool, args, options) {
    return this.#sendNamed('tools/call', tool, args ?? {}, options, new Error());
  }

  listTools(params, options) {
    return this.#list('tools', 'tools', params, options, new Error());
  }

  listResources(params, options) {
    return this.#list('resources', 'resources', params, options, new Error());
  }

  listResourceTemplates(params, options) {
    return this.#list('resourceTemplates', 'resources/templates', params, options, new Error());
  }

  listPrompts(params, options) {
    return this.#list('prompts', 'prompts', params, options, new Error());
  }

  readResource(resource, options) {
    const params = isObject(resource) ? resource : { uri: resource };
    return this.#send(REQUEST, 'resources/read', params, options, new Error());
  }

  getPrompt(prompt, args, options) {
    return this.#sendNamed('prompts/get', prompt, args, options, new Error());
  }

  complete(params, options) {
    return this.#send(REQUEST, 'completion/complete', params, options, new Error());
  }

  getModel(modelId) {
    return this.#send(REQUEST, 'get_model', { model_id: modelId }, { idempotent: true }, new Error());
  }

  ping(options) {
    return this.#send(REQUEST, 'ping', undefined, options, new Error());
  }

  connect() {
    const connect = (call) => (this.#connection.isMCP ? this.#connection.connect(call) : undefined);
    return this.#send(NOTIFICATION, 'initialize', undefined, undefined, new Error(), connect);
  }

  async close() {
    this.#deaf?.();
    // What was called before is on its way when the module has loaded.
    await this.#ready.catch(() => {});
    await this.#connection.close();
    this.onclose?.();
  }

  setNotificationHandler(method, handler) {
    this.#setHandler(this.#connection.notificationHandlers, method, handler);
  }

  setRequestHandler(method, handler) {
    this.#setHandler(this.#connection.requestHandlers, method, handler);
  }

  getServerCapabilities() {
    return this.#connection.server.capabilities;
  }

  getServerVersion() {
    return this.#connection.server.info;
  }

  getInstructions() {
    return this.#connection.server.instructions;
  }

  getProtocolEra() {
    return this.#connection.era;
  }

  report(error, context) {
    this.#reportAny(error, context, 'reported');
  }

  async flush(timeout = 2000) {
    await this.#ready.catch(() => {});
    return this.#reporter ? this.#reporter.flush(timeout) : true;
  }

  /** For subclasses with methods of their own: one frame of theirs stands above the caller's, as it does here. */
  _call(method, params, trace) {
    return this.#send(REQUEST, method, params, undefined, trace);
  }

  /** The same for batches. */
  _batch(calls, trace) {
    return this.#sendBatch(calls, trace);
  }

  /** Sends a call and returns its result; `run` replaces the delivery and makes the result. */
  async #send(kind, method, params, options, trace, run) {
    const call = newCall(kind, method, params, options, this.#settings, trace);
    const connection = this.#connection;
    if (!connection.session) await this.#opened(trace);
    if (kind !== BATCH) this.#leaveStep(call);
    let outcome;
    try {
      if (run) return await run(call);
      outcome = await deliver(connection, call);
    } catch (failure) {
      throw this.#failed(call, failure);
    }
    return this.#resultOf(call, outcome);
  }

  #leaveStep({ method, name }) {
    if (this.#reporter) leaveStep('mcp', method, name);
  }

  /** A call of something by its name, or with all its parameters in one object. */
  #sendNamed(method, name, args, options, trace) {
    return isObject(name)
      ? this.#send(REQUEST, method, name, args, trace)
      : this.#send(REQUEST, method, { name, arguments: args }, options, trace);
  }

  /** A list, page by page; one page if the caller says where it begins. */
  async #list(member, of, params, options, trace) {
    const page = (given) => this.#send(REQUEST, `${of}/list`, given, options, trace);
    const list = await page(params ?? {});
    const items = list?.[member];
    if (!Array.isArray(items)) return list;
    if (params?.cursor === undefined) {
      for (let pages = 1, cursor; (cursor = list.nextCursor) != null && pages < MOST_PAGES; pages += 1) {
        const more = Object(await page({ ...params, cursor }));
        items.push(...listOf(more[member]));
        // A cursor that does not move would go on for ever.
        list.nextCursor = more.nextCursor === cursor ? undefined : more.nextCursor;
      }
      if (list.nextCursor == null) delete list.nextCursor;
    }
    if (member === 'tools') this.#connection.keepTools(list);
    return list;
  }

  async #sendBatch(entries, trace) {
    expect('"calls"', CALLS, entries);
    const members = entries.map((entry) => {
      const { method, params, notification, idempotent } = Object(entry);
      return newCall(notification ? NOTIFICATION : REQUEST, method, params, { idempotent }, this.#settings, trace);
    });
    return this.#send(BATCH, 'batch', undefined, undefined, trace, async (whole) => {
      const connection = this.#connection;
      members.forEach((member) => this.#leaveStep(member));
      let outcomeOf = (member) => deliver(connection, member);
      // MCP has no batches any more: the calls travel side by side.
      if (!connection.isMCP) {
        whole.members = members;
        for (const member of members) if (member.kind === REQUEST) member.id = connection.session.begin();
        whole.params = `[${members.map((member) => wireText(member))}]`;
        whole.methods = members.map(repeatableAs).join('\n');
        const outcome = await deliver(connection, whole);
        const replies = repliesInOrder(members, outcome.message);
        outcomeOf = (member, place) => settleMember(connection, member, memberOutcome(outcome, member, replies[place]));
      }
      return Promise.allSettled(
        members.map(async (member, place) => {
          try {
            return this.#resultOf(member, await outcomeOf(member, place));
          } catch (failure) {
            throw this.#failed(member, failure);
          }
        }),
      );
    });
  }

  /** The result of a call that succeeded; a tool's failure is noted for a report. */
  #resultOf(call, { message, toolFailed }) {
    if (call.kind !== REQUEST) return undefined;
    const { result } = message;
    if (toolFailed && call.method === 'tools/call') {
      this.#note(call, 'MCPToolError', toolFailure(result), 'tool_error');
    }
    return result;
  }

  /** A failed call's own error, with the caller's frames; noted for a report. */
  #failed(call, failure) {
    if (failure instanceof Error) return failure;
    // An abort is the page's own wish, told as `fetch` tells it.
    if ('reason' in failure) return failure.reason;
    const { code, message, class: kind, outcome = {} } = failure;
    const { thrown, status } = outcome;
    const isServers = typeof code === 'number';
    // The beginning of an answer that could not be used, or the data of the server's own error.
    const answer = /^(HTTP|INVALID)/.test(code) ? outcome.text.slice(0, BODY_START) : undefined;
    const data = isServers ? outcome.message?.error?.data : undefined;
    const error = new MCPError(code, message, isServers ? data : answer, thrown);
    const frames = framesOf(call);
    error.stack = frames.startsWith('\n') ? `MCPError: ${message}${frames}`.trimEnd() : frames;
    // What the page itself has done is of no class, and no failure to report.
    if (kind) {
      this.#note(failure.call ?? call, error.name, message, kind, {
        error,
        code: isServers ? code : (kind === 'http' && status) || undefined,
        data,
        answer,
        // A timeout's cause is our own abort, which tells nothing.
        cause: code === 'TIMEOUT' ? undefined : thrown,
      });
    }
    return error;
  }

  #note(call, name, message, kind, { error, code, data, answer, cause } = {}) {
    const { server, version } = this.#connection;
    const { method, started } = call;
    const params = (call.members ? '' : (call.params ?? '')).slice(0, LONGEST_PARAMS);
    this.#reporter?.note(
      {
        error_type: name,
        error_message: message || name,
        stack_trace: headed(name, message, framesOf(call).replace(/^\n/, '')),
        // The text that was sent; where it belongs, the module puts it. Most of a very long one is not worth keeping.
        params,
        context: { method, params: params ? 0 : undefined, endpoint: withoutFragment(this.#settings.endpoint), data, answer },
        class: kind,
        causes: [cause],
        rpc: {
          method,
          tool: method === 'tools/call' ? call.name : undefined,
          code,
          params: params ? 0 : undefined,
          transport: 'http',
          protocol_version: version,
          // in tenths: browsers measure no finer, and more digits only look exact
          duration_ms: Math.round((performance.now() - started) * 10) / 10,
        },
        server: server.info && { name: server.info.name, version: server.info.version },
      },
      error,
    );
  }

  async #reportAny(error, context, kind) {
    try {
      const told = isText(error?.message) ? error : { message: String(error) };
      const { message, cause, errors } = told;
      const name = String(told.name || 'Error');
      const stack = String(told.stack || '');
      await this.#ready;
      this.#reporter?.note(
        {
          error_type: name,
          error_message: message || name,
          stack_trace: stack.includes(message) ? stack : headed(name, message, stack),
          class: kind,
          causes: [cause, ...listOf(errors)],
          context: context === undefined ? {} : { extra: context },
        },
        error,
      );
    } catch {
      // The module did not load, which every call tells, or nothing can be told of what was thrown.
    }
  }

  #setHandler(handlers, method, handler) {
    expect('"method" of a handler', TEXT, method);
    if (handler === undefined) {
      handlers.delete(method);
    } else {
      expect(`the handler of "${method}"`, FUNCTION, handler);
      handlers.set(method, handler);
    }
    listen(this.#connection);
  }

  /** Waits for the module. That it did not load becomes the call's own error, with the caller's frames. */
  async #opened(trace) {
    try {
      await this.#ready;
    } catch ({ code, message, cause }) {
      const error = new MCPError(code, message, undefined, cause);
      const [first, ...lines] = String(trace.stack).split('\n');
      const own = lines.slice(first.startsWith('Error') ? 1 : 0).join('\n');
      error.stack = headed(error.name, message, own);
      const { reporting } = this.#settings;
      if (reporting && !this.#loadReported) reportFromPlainJavaScript(reporting.endpoint, error);
      this.#loadReported = true;
      throw error;
    }
  }
}

function headed(name, message, frames) {
  return `${name}: ${message}\n${frames}`.trimEnd();
}

/** The caller's frames; after a line end in engines that write a heading above them. */
function framesOf({ trace }) {
  return Session.frames(String(trace?.stack ?? ''));
}
