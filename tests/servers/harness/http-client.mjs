// The smallest MCP client over HTTP: posts a message, with a session or without one, and reads JSON or a stream.

import { initialize, initialized, LEGACY, MODERN, modernParams } from './line-client.mjs';

/** Posts one message; resolves to `{status, session, message}`, the last message of the answer if there is one. */
export async function post(url, message, { headers = {}, signal } = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(message),
    signal,
  });
  const text = await response.text();
  const events = [...text.matchAll(/^data: ?(\{.*\})\r?$/gm)].map(([, data]) => data);
  const last = events.at(-1) ?? text;
  return {
    status: response.status,
    session: response.headers.get('mcp-session-id'),
    message: last.startsWith('{') ? JSON.parse(last) : undefined,
  };
}

/** A session of the handshake's era: `request(id, message)`. */
export async function openSession(url) {
  const { session } = await post(url, initialize());
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY };
  await post(url, initialized, { headers });
  return {
    session,
    request: (id, message, options = {}) => post(url, { jsonrpc: '2.0', id, ...message }, { headers, ...options }),
  };
}

/** One request of the era without handshake. */
export function requestAlone(url, id, { method, params }) {
  const name = params.name ?? params.uri;
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...(name ? { 'mcp-name': name } : {}) };
  return post(url, { jsonrpc: '2.0', id, method, params: modernParams(params) }, { headers });
}
