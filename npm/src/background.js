// Work that no call waits for. Its errors go to the client's `onerror`.

import { unwatch, watch } from './deadline.js';
import { Failure, MCPError } from './error.js';
import { discard, requestHeaders, send } from './request.js';

/** Runs an action. After an abort its errors are dropped. */
export async function inBackground(connection, action, signal) {
  try {
    await action();
  } catch (error) {
    if (signal?.aborted) return;
    connection.onerror(error instanceof Failure ? (error.reason ?? new MCPError(error.code, error.message)) : error);
  }
}

/** Sends a request whose response does not matter, and waits for it at most as long as for a call. */
export function sendInBackground(connection, method, message) {
  const call = {};
  watch(call, connection.settings.timeout);
  const { signal } = call.controller;
  const overdue = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const sending = async () => {
    const body = message && JSON.stringify({ jsonrpc: '2.0', ...message });
    discard(await send(connection, method, call, await requestHeaders(connection), body));
  };
  return inBackground(connection, () => Promise.race([sending(), overdue])).finally(() => unwatch(call));
}
