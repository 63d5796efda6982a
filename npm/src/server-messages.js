// Messages of the server that are no responses: notifications, and requests to the client.

import { inBackground, sendInBackground } from './background.js';
import { watch } from './deadline.js';
import { replyTo } from './handlers.js';
import { isText } from './type-checks.js';

/** Passes a message that came on the stream of a call to the page's handlers, and responds to a request. */
export function receive(connection, { method, params, id }, call) {
  if (!isText(method)) return;
  if (id != null) {
    replyTo(connection.requestHandlers, method, params).then((reply) =>
      sendInBackground(connection, 'POST', { id, ...reply }),
    );
    return;
  }
  if (method === 'notifications/progress') {
    const watched = connection.progressCalls.get(params?.progressToken) ?? call;
    const { onprogress, resetTimeoutOnProgress } = watched.options ?? {};
    if (resetTimeoutOnProgress && watched.controller) watch(watched, watched.timeout);
    inBackground(connection, () => onprogress?.(params));
  }
  inBackground(connection, () => connection.notificationHandlers.get(method)?.({ method, params }));
}
