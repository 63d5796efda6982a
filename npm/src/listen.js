// The stream for notifications, open while the page has handlers that need it.

import { REQUEST } from '../pkg/shared-numbers.js';
import { inBackground } from './background.js';
import { newCall } from './call.js';
import { deliver } from './deliver.js';
import { MAX_TIMER_MS } from './limits.js';
import { readStream } from './read-stream.js';
import { isEventStream, requestHeaders, send } from './request.js';

const LIST_CHANGED = /^notifications\/(tools|prompts|resources)\/list_changed$/;

/** Opens the stream, in place of the one before. Called whenever the handlers or the connection have changed. */
export async function listen(connection) {
  const { notificationHandlers, requestHandlers, meta, era } = connection;
  const methods = [...notificationHandlers.keys()].filter((method) => !/progress|cancelled/.test(method));
  const lists = methods.flatMap((method) => LIST_CHANGED.exec(method)?.[1] ?? []);
  if (!era || !(meta ? lists.length : methods.length || requestHandlers.size)) return;
  connection.listening?.abort();
  const controller = (connection.listening = new AbortController());
  const { signal } = controller;
  const open = meta ? () => subscribe(connection, lists, signal) : () => readNotifications(connection, controller);
  await inBackground(connection, open, signal);
}

/** A modern server sends notifications on the stream of a call, which ends with the response. */
async function subscribe(connection, lists, signal) {
  const notifications = Object.fromEntries(lists.map((list) => [`${list}ListChanged`, true]));
  const options = { signal, timeout: MAX_TIMER_MS, idempotent: true };
  await deliver(connection, newCall(REQUEST, 'subscriptions/listen', { notifications }, options, connection.settings));
}

/** A legacy server has a stream beside the calls, or responds with 405. */
async function readNotifications(connection, controller) {
  const call = { controller, id: 0 };
  const response = await send(connection, 'GET', call, await requestHeaders(connection, call));
  if (isEventStream(connection, response)) await readStream(connection, call, response, {});
  else response.body?.cancel();
}
