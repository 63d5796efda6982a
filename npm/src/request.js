// HTTP requests to the server, and their headers. Headers are plain objects, because `fetch` copies a `Headers` twice.

import { plainFetch } from './breadcrumbs.js';
import { plainHeaders } from './settings.js';
import { headersFor } from './tool-headers.js';
import { isFunction } from './type-checks.js';

export function send({ settings }, method, { controller }, headers, body) {
  return plainFetch()(settings.endpoint, { method, headers, body, signal: controller?.signal });
}

export function isEventStream({ isMCP }, response) {
  return isMCP && response.ok && /^text\/event-stream/i.test(response.headers.get('content-type'));
}

/** The headers of a request: of every request, of its era, of the call, and `more`. */
export async function requestHeaders(connection, call = {}, more) {
  let common = connection.commonHeaders;
  if (!common) {
    const { headers } = connection.settings;
    let given = headers;
    try {
      if (isFunction(headers)) given = plainHeaders((await headers()) ?? {});
    } catch (thrown) {
      const message = `The option "headers" failed: ${thrown?.message ?? thrown}`;
      throw { code: 'HEADERS', message, outcome: { thrown } };
    }
    common = { ...Object.fromEntries(connection.session.headers()), ...given };
    // A function is called for each request, because what it returns may expire.
    if (given === headers) connection.commonHeaders = common;
  }
  const modern = connection.meta && call.method && headersFor(call, connection.toolHeaders);
  return { ...common, ...modern, ...call.headers, ...more };
}
