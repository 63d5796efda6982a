// HTTP requests to the server, and their headers. Headers are plain objects, because `fetch` copies a `Headers` twice.

import { OWN } from './breadcrumbs.js';
import { Failure } from './error.js';
import { absolute } from './page.js';
import { plainHeaders } from './settings.js';
import { headersFor } from './tool-headers.js';
import { attempted, isFunction, read, textOf } from './type-checks.js';

/** Ends a response whose body does not matter. */
export const discard = ({ body }) => body?.cancel?.().catch(() => {});

/** Maximum number of redirects of one request. */
const MAX_REDIRECTS = 5;

/** Sends a request. Follows redirects within the origin that keep the method, and no other redirect. */
export async function send(connection, method, { controller }, headers, body) {
  const { endpoint } = connection.settings;
  const signal = controller?.signal;
  // Some servers refuse a media type without a body.
  if (!body) delete headers['content-type'];
  for (let redirects = 1; ; redirects += 1) {
    const address = connection.movedTo ?? endpoint;
    const response = await fetch(address, { method, headers, body, signal, redirect: 'manual', [OWN]: true }).catch((thrown) => {
      connection.movedTo = undefined;
      absolute(address);
      throw thrown;
    });
    const { status } = response;
    // Browsers hide status and target of a redirect. A request without headers and parameters finds the target.
    if (status && !/^30[12378]$/.test(status)) {
      // Most redirects are temporary, so the endpoint is asked again after a failure.
      if (!response.ok) connection.movedTo = undefined;
      return response;
    }
    discard(response);
    const location = status
      ? response.headers.get('location')
      : await fetch(address, { method: 'POST', signal, [OWN]: true }).then(({ url }) => url, () => '');
    const from = absolute(address);
    const { href, origin, protocol, pathname, username, password } = attempted(() => new URL(location ?? '', from)) ?? from;
    const isUnknown = href === from.href;
    if (isUnknown || origin !== from.origin || username || password || (status && status < 307) || redirects > MAX_REDIRECTS) {
      const target = isUnknown ? 'an unknown address' : origin === 'null' ? protocol : origin + pathname;
      const how = status ? ` with HTTP ${status}` : '';
      const message = `${endpoint} redirects to ${target}${how}, which is not followed. If that is the server, make it the endpoint`;
      connection.movedTo = undefined;
      throw new Failure({ code: 'REDIRECT', message, class: 'http' });
    }
    connection.movedTo = href;
  }
}

export function isEventStream({ isMCP }, response) {
  return isMCP && response.ok && /^text\/event-stream/i.test(response.headers.get('content-type'));
}

/** The headers of every request, as the module knows them: of the era, with its revision and session. */
export const sessionHeaders = ({ session }) => JSON.parse(session.headers());

/** The headers of a request: of every request, of its era, of the call, and `more`. */
export async function requestHeaders(connection, call = {}, more) {
  let common = connection.commonHeaders;
  if (!common) {
    const { headers } = connection.settings;
    let given = headers;
    try {
      if (isFunction(headers)) given = plainHeaders((await headers()) ?? {});
    } catch (thrown) {
      const message = `The option "headers" failed: ${textOf(read(thrown, 'message') ?? thrown)}`;
      throw new Failure({ code: 'HEADERS', message, outcome: { thrown } });
    }
    common = { ...sessionHeaders(connection), ...given };
    // A function is called for each request, because what it returns may expire.
    if (given === headers) connection.commonHeaders = common;
  }
  const modern = connection.meta && call.method && headersFor(call, connection.toolHeaders);
  return { ...common, ...modern, ...call.headers, ...more };
}
