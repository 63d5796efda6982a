// MCPClient: the public methods. They make calls, and turn failures into errors with the caller's stack.

import { BATCH, NOTIFICATION, REQUEST } from '../pkg/shared-numbers.js';
import { addBreadcrumb } from './breadcrumbs.js';
import { methodForRetry, newCall, wireText } from './call.js';
import { Connection } from './connection.js';
import { deliver, settleMember } from './deliver.js';
import { Failure, MCPError } from './error.js';
import { BODY_START } from './failure.js';
import { cut } from './limits.js';
import { listen } from './listen.js';
import { loadModule } from './module.js';
import { onGlobalError, watchPage, withoutFragment } from './page.js';
import { plain } from './plain.js';
import { reportLoadFailure } from './report-load-failure.js';
import { Reporter } from './reporter.js';
import { sessionHeaders } from './request.js';
import { memberOutcome, repliesInOrder, SESSION_HEADER, toolMessage } from './response.js';
import { expect, FUNCTION, settings, TEXT } from './settings.js';
import { describe, headed, ownMembers, stackOf } from './thrown.js';
import { attempted, isObject, listOf } from './type-checks.js';

const CALLS = [(value) => listOf(value).length, 'an array of at least one call'];
/** Maximum number of pages of a list. */
const MAX_PAGES = 64;

// Every public method makes `new Error()` itself, and none is async. So in every engine exactly one frame of the client
// is above the caller's. The frame is removed only when a stack is needed.
export class MCPClient {
  #settings;
  #connection;
  #ready;
  #reporter;
  #loadFailureReported;
  #stopListening;

  onclose;
  onerror;

  constructor(endpoint = '/jsonrpc', options = {}) {
    const { wasmUrl, reporting } = (this.#settings = settings(endpoint, options));
    // An error of the page's own handler must not become the failure of a call.
    const onerror = (error) => attempted(() => Promise.resolve(this.onerror?.(error)).catch(() => {}));
    const connection = (this.#connection = new Connection(this.#settings, onerror));
    this.#ready = loadModule(wasmUrl).then(() => {
      if (reporting) this.#reporter = new Reporter(reporting, onerror);
      connection.open();
    });
    this.#ready.catch(() => {}); // every call rejects with the error, so `ready` may stay unused
    if (reporting) watchPage();
    if (reporting?.captureGlobalErrors) {
      this.#stopListening = onGlobalError((kind, error) => this.#reportAny(error, undefined, kind));
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
    this.#stopListening?.();
    // Calls that wait for the module are sent first.
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
    if (!this.#reporter) return !this.#settings.reporting;
    return this.#reporter.flush(timeout);
  }

  /** A call for the methods of subclasses. `trace` is `new Error()`, made in the method itself. */
  _call(method, params, trace) {
    return this.#send(REQUEST, method, params, undefined, trace);
  }

  /** A batch for the methods of subclasses. */
  _batch(calls, trace) {
    return this.#sendBatch(calls, trace);
  }

  /** Sends a call and returns its result. `run`, if given, replaces the delivery and returns the result. */
  async #send(kind, method, params, options, trace, run) {
    const call = newCall(kind, method, params, options, this.#settings, trace);
    const connection = this.#connection;
    if (!connection.session) await this.#loaded(trace);
    if (kind !== BATCH) this.#addBreadcrumb(call);
    let outcome;
    try {
      if (run) return await run(call);
      outcome = await deliver(connection, call);
    } catch (failure) {
      throw this.#errorOf(call, failure);
    }
    return this.#resultOf(call, outcome);
  }

  #addBreadcrumb({ method, name }) {
    if (this.#reporter) addBreadcrumb('mcp', method, name);
  }

  /** Sends a call of a tool or prompt, given by its name or by an object with all parameters. */
  #sendNamed(method, name, args, options, trace) {
    return isObject(name)
      ? this.#send(REQUEST, method, name, args, trace)
      : this.#send(REQUEST, method, { name, arguments: args }, options, trace);
  }

  /** Gets all pages of a list, or only the page that begins at `params.cursor`. */
  async #list(member, methods, params, options, trace) {
    const page = (given) => this.#send(REQUEST, `${methods}/list`, given, options, trace);
    const list = await page(params ?? {});
    const items = list?.[member];
    if (!Array.isArray(items)) return list;
    if (params?.cursor === undefined) {
      for (let pages = 1, cursor; (cursor = list.nextCursor) != null && pages < MAX_PAGES; pages += 1) {
        const more = Object(await page({ ...params, cursor }));
        items.push(...listOf(more[member]));
        // The same cursor again would be an endless list.
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
      members.forEach((member) => this.#addBreadcrumb(member));
      let outcomeOf = (member) => deliver(connection, member);
      // MCP has no batches since 2025-06-18, so the calls are sent in parallel.
      if (!connection.isMCP) {
        whole.members = members;
        for (const member of members) if (member.kind === REQUEST) member.id = connection.session.next_id();
        whole.params = `[${members.map((member) => wireText(member))}]`;
        whole.methods = members.map(methodForRetry).join('\n');
        const outcome = await deliver(connection, whole);
        const replies = repliesInOrder(members, outcome.message);
        outcomeOf = (member, place) => settleMember(connection, member, memberOutcome(outcome, member, replies[place]));
      }
      return Promise.allSettled(
        members.map(async (member, place) => {
          try {
            return this.#resultOf(member, await outcomeOf(member, place));
          } catch (failure) {
            throw this.#errorOf(member, failure);
          }
        }),
      );
    });
  }

  /** The result of a call that succeeded. The failure of a tool is reported. */
  #resultOf(call, { message, toolFailed }) {
    if (call.kind !== REQUEST) return undefined;
    const { result } = message;
    if (toolFailed && call.method === 'tools/call') {
      this.#record(call, 'MCPToolError', toolMessage(result), 'tool_failure');
    }
    return result;
  }

  /** The error that a failed call rejects with. Failures with a class are reported. */
  #errorOf(call, failure) {
    if (!(failure instanceof Failure)) return failure;
    // An aborted call rejects with the page's own reason, like `fetch`.
    if (Object.hasOwn(failure, 'reason')) return failure.reason;
    const { code, message, class: kind, outcome = {} } = failure;
    const { thrown, status, response } = outcome;
    const isServerCode = typeof code === 'number';
    // The error's `data` is the beginning of an unusable response, or the data of the server's error.
    const answer = /^(HTTP|INVALID)/.test(code) ? outcome.text.slice(0, BODY_START) : undefined;
    const data = isServerCode ? outcome.message?.error?.data : undefined;
    const error = new MCPError(code, message, isServerCode ? data : answer, thrown);
    if (response) {
      error.status = response.status;
      error.headers = response.headers;
    }
    const frames = framesOf(call.callSite);
    error.stack = frames.startsWith('\n') ? `MCPError: ${message}${frames}`.trimEnd() : frames;
    // Failures that the page itself caused have no class.
    if (kind) {
      this.#record(failure.call ?? call, error.name, message, kind, {
        error,
        code: isServerCode ? code : (kind === 'http' && status) || undefined,
        data,
        answer,
        // The cause of a timeout is the client's own abort.
        cause: code === 'TIMEOUT' ? undefined : thrown,
      });
    }
    return error;
  }

  #record(call, name, message, kind, { error, code, data, answer, cause } = {}) {
    const { server, version } = this.#connection;
    const { id, method, started, meta, headers } = call;
    const [, trace_id, span_id] = String(meta?.traceparent ?? headers?.traceparent).split('-');
    const params = cut(call.members ? '' : (call.params ?? ''));
    this.#reporter?.record(
      {
        error_type: name,
        error_message: message || name,
        stack_trace: headed(name, message, framesOf(call.callSite).replace(/^\n/, '')),
        // The text that was sent. The module puts it in place of both `params: 0` below.
        params,
        context: {
          method,
          params: params ? 0 : undefined,
          endpoint: withoutFragment(this.#settings.endpoint),
          data: plain(data),
          answer,
        },
        class: kind,
        causes: [cause],
        trace: span_id && { trace_id, span_id },
        rpc: {
          method,
          tool: method === 'tools/call' ? call.name : undefined,
          code,
          params: params ? 0 : undefined,
          transport: 'http',
          protocol_version: version,
          // in tenths, because browsers measure no finer
          duration_ms: Math.round((performance.now() - started) * 10) / 10,
          id: id || undefined,
          // The session itself, of which the module writes the hash.
          session_hash: sessionHeaders(this.#connection)[SESSION_HEADER],
        },
        server: server.info && plain({ name: server.info.name, version: server.info.version }),
      },
      error,
    );
  }

  async #reportAny(thrown, context, kind) {
    // Read now, because the page may change it, and may do so while the module loads.
    const draft = attempted(() => {
      const { value, ...draft } = describe(thrown);
      return [{ ...draft, class: kind, context: { error: ownMembers(value), extra: plain(context) } }, value];
    });
    await this.#ready.catch(() => {});
    if (draft) this.#reporter?.record(...draft);
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

  /** Waits for the module. If it did not load, throws an error with the caller's stack, and reports that once. */
  async #loaded(trace) {
    try {
      await this.#ready;
    } catch ({ code, message, cause }) {
      const error = new MCPError(code, message, undefined, cause);
      error.stack = headed(error.name, message, framesOf(trace).replace(/^\n/, ''));
      const { reporting } = this.#settings;
      if (reporting && !this.#loadFailureReported) reportLoadFailure(reporting.endpoint, error);
      this.#loadFailureReported = true;
      throw error;
    }
  }
}

/**
 * The caller's frames, from a stack captured in a public method. They begin with a line end in engines that write a
 * heading above the frames.
 */
function framesOf(trace) {
  const [first, ...lines] = stackOf(trace).split('\n');
  const hasHeading = /^Error[^@]*$/.test(first);
  return (hasHeading ? '\n' : '') + lines.slice(+hasHeading).join('\n').trimEnd();
}
