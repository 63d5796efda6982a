// The subscription to notifications, kept while the page has handlers that need it.

import { REQUEST } from '../pkg/shared-numbers.js';
import { inBackground } from './background.js';
import { newCall } from './call.js';
import { pause } from './deadline.js';
import { deliver } from './deliver.js';
import { Failure } from './error.js';
import { MAX_TIMER_MS } from './limits.js';
import { readStream } from './read-stream.js';
import { discard, isEventStream, requestHeaders, send } from './request.js';

const LIST_CHANGED = /^notifications\/(tools|prompts|resources)\/list_changed$/;
/** HTTP statuses after which the stream may be offered later. Without a response there is none. */
const TEMPORARY = /^(0|undefined|4(01|08|09|25|29)|5(?!01)..)$/;
/** HTTP statuses by which servers refuse the stream of a lost session. */
const LOST = /^4(00|04|10)$/;

/** Subscribes, in place of the subscription before. Called whenever the handlers or the connection have changed. */
export async function listen(connection) {
  const { notificationHandlers, requestHandlers, meta, era } = connection;
  const methods = [...notificationHandlers.keys()].filter((method) => !/progress|cancelled/.test(method));
  const lists = methods.flatMap((method) => LIST_CHANGED.exec(method)?.[1] ?? []);
  if (!era) return;
  connection.listening?.abort();
  if (!(meta ? lists.length : methods.length || requestHandlers.size)) return;
  const controller = (connection.listening = new AbortController());
  const { signal } = controller;
  let failures = 0;
  let wasOpen = false;
  while (!signal.aborted) {
    const call = meta ? subscription(connection, lists, signal) : { controller, id: 0 };
    const started = performance.now();
    const { epoch } = connection;
    let failure;
    try {
      if (!connection.isReady) await connection.connect(call);
      await (meta ? deliver(connection, call) : readNotifications(connection, call));
    } catch (thrown) {
      failure = thrown;
    }
    if (signal.aborted) return;
    const { status } = Object(failure?.outcome);
    // A stream that ends at once is no success, because some servers open one for every request and end it.
    const isSuccess = call.heard || (call.isOpen && performance.now() - started > 1000);
    failures = isSuccess ? 0 : failures + 1;
    wasOpen ||= call.heard || call.isOpen;
    if (wasOpen && LOST.test(status)) connection.loseSession(epoch);
    const isTemporary = wasOpen || TEMPORARY.test(status);
    // Once for failures in a row. A stream that was open ends by itself, and that is none.
    if (failure && failures === 1 && !call.isOpen && (meta || isTemporary)) {
      inBackground(connection, () => {
        throw failure;
      });
    }
    if (!isTemporary) return;
    const wait = 500 * 2 ** Math.min(failures, 6) * (0.75 + Math.random() / 2);
    await pause(Math.max(wait, call.retry ?? 0), signal, true);
  }
}

/** A modern server sends notifications on the stream of a call, which ends with the response. */
function subscription(connection, lists, signal) {
  const notifications = Object.fromEntries(lists.map((list) => [`${list}ListChanged`, true]));
  const options = { signal, timeout: MAX_TIMER_MS };
  return newCall(REQUEST, 'subscriptions/listen', { notifications }, options, connection.settings);
}

/** A legacy server has a stream beside the calls, or responds with 405. */
async function readNotifications(connection, call) {
  const response = await send(connection, 'GET', call, await requestHeaders(connection, call));
  if (isEventStream(connection, response)) {
    call.isOpen = true;
    await readStream(connection, call, response, {});
  } else {
    discard(response);
    const { status } = response;
    const message = `The stream was refused with HTTP ${status}`;
    throw new Failure({ code: `HTTP_${status}`, message, outcome: { status } });
  }
}
