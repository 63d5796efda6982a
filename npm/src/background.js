// Work that no call waits for. Its errors go to the client's `onerror`.

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

/** Sends a request whose response does not matter. */
export function sendInBackground(connection, method, message) {
  return inBackground(connection, async () => {
    const body = message && JSON.stringify({ jsonrpc: '2.0', ...message });
    discard(await send(connection, method, {}, await requestHeaders(connection), body));
  });
}
