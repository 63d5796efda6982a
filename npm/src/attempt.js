// One attempt at a call: one HTTP request and its response.

import { NOTIFICATION, REQUEST, TIMED_OUT } from '../pkg/shared-numbers.js';
import { sendInBackground } from './background.js';
import { wireText } from './call.js';
import { pause, unwatch, watch } from './deadline.js';
import { Failure } from './error.js';
import { isForeign } from './page.js';
import { randomDigits } from './random.js';
import { readStream, takeMessages } from './read-stream.js';
import { discard, isEventStream, requestHeaders, send } from './request.js';
import { takeText } from './response.js';
import { attempted, read, textOf } from './type-checks.js';

/** Makes an attempt and returns its outcome. Throws failures without a remedy, such as an abort. */
export async function attempt(connection, call) {
  const signal = call.options?.signal;
  throwIfAborted(signal);
  // Also, as soon as they are known: message, response, thrown, isSent, isComplete.
  const outcome = { status: 0, facts: 0, text: '' };
  watch(call, call.timeout + call.wait);
  const abort = signal && (() => call.controller?.abort());
  signal?.addEventListener('abort', abort);
  connection.inFlight.add(call);
  let failure;
  try {
    // Some wrappers of `fetch` drop the signal.
    await unlessAborted(call, exchange(connection, call, outcome));
  } catch (thrown) {
    // The module judges errors of `fetch`.
    if (thrown instanceof Failure) failure = thrown;
    else outcome.thrown = thrown;
  }
  // Node ends a request after five minutes without data, with a HeadersTimeoutError or a BodyTimeoutError.
  if (/[sy]TimeoutError/.test(textOf(read(read(outcome.thrown, 'cause'), 'name')))) {
    call.flags |= TIMED_OUT;
    call.timeout = 300_000;
  }
  connection.inFlight.delete(call);
  signal?.removeEventListener('abort', abort);
  if (call.progressId) connection.progressCalls.delete(call.progressId);
  unwatch(call, outcome.isComplete);
  if (!outcome.status) {
    if (outcome.isSent && (signal?.aborted || call.flags & TIMED_OUT)) cancel(connection, call, signal);
    throwIfAborted(signal);
    if (call.isClosed) throw new Failure({ code: 'CLOSED', message: 'The client was closed before the response' });
    if (failure) throw failure;
  }
  return outcome;
}

/** Waits, connects, sends the request and reads the response into the outcome. */
async function exchange(connection, call, outcome) {
  if (call.wait) {
    await pause(call.wait, call.controller.signal);
    call.wait = 0;
    watch(call, call.timeout);
  }
  if (!connection.isReady && !call.isHandshake) await unlessAborted(call, connection.connect(call));
  const body = bodyOf(connection, call);
  call.epoch = connection.epoch;
  const { commonHeaders, meta } = connection;
  const headers =
    !commonHeaders || meta
      ? await unlessAborted(call, requestHeaders(connection, call))
      : { ...commonHeaders, ...call.headers };
  outcome.isSent = true;
  const response = (outcome.response = await send(connection, 'POST', call, headers, body));
  if (response.ok && call.kind === NOTIFICATION) {
    // Not waited for, because JSON-RPC has no responses to notifications.
    discard(response);
    outcome.status = response.status;
  } else if (isEventStream(connection, response)) {
    await readStream(connection, call, response, outcome);
  } else {
    takeText(outcome, call, await response.text());
    // The revision 2025-03-26 allows arrays of messages.
    if (connection.isMCP && Array.isArray(outcome.message)) takeMessages(connection, call, outcome.message, response, outcome);
    // Set last, because an incomplete response counts as no response.
    outcome.status = response.status;
    outcome.isComplete = true;
  }
}

function bodyOf(connection, call) {
  if (connection.meta && call.params?.[0] === '[') {
    const reason = new TypeError(`MCPClient: the params of "${call.method}" must be an object: MCP adds to them`);
    throw new Failure({ reason });
  }
  // MCP requires a new id for each attempt. In plain JSON-RPC, a retry is the same request with the same id.
  if (call.kind === REQUEST && (connection.isMCP || call.id === 0)) call.id = connection.session.next_id();
  const { reporting, endpoint } = connection.settings;
  if (reporting && call.kind === REQUEST) {
    if (connection.isMCP) call.meta = traced(call.meta);
    // To another origin, the header would need a preflight.
    else if (attempted(() => isForeign(endpoint)) === false) call.headers = traced(call.headers);
  }
  return call.members ? call.params : wireText(call, metaOf(connection, call));
}

/** These members with a W3C `traceparent`, by which the server's report of this call is recognised. A given one stays. */
function traced(members) {
  return { traceparent: `00-${randomDigits()}${randomDigits()}-${randomDigits()}-01`, ...members };
}

/** `_meta` of the request; undefined if it needs none. */
function metaOf(connection, call) {
  if (!call.options?.onprogress) return connection.meta;
  call.progressId = `p${(connection.progressIds += 1)}`;
  connection.progressCalls.set(call.progressId, call);
  return { ...connection.meta, progressToken: call.progressId };
}

/** Notifies a legacy server that a call has ended. A modern server notices the closed connection. */
function cancel(connection, call, signal) {
  if (connection.era !== 'legacy' || call.kind !== REQUEST) return;
  const reason = signal?.aborted ? textOf(read(signal.reason, 'message') ?? signal.reason) : 'timeout';
  sendInBackground(connection, 'POST', { method: 'notifications/cancelled', params: { requestId: call.id, reason } });
}

function throwIfAborted(signal) {
  if (signal?.aborted) throw new Failure({ reason: signal.reason });
}

/** Settles like a promise, but rejects as soon as the call times out or is aborted. */
function unlessAborted({ controller: { signal } }, promise) {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    // Signals are reused, so without the removal each call would add one more listener.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
