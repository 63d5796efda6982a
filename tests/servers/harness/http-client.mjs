// A minimal MCP client over HTTP: posts a message and reads a response as JSON or as a stream.

import { initialize, initialized, LEGACY, MODERN, modernParams } from './line-client.mjs';

/** Posts one message. Resolves to `{status, session, message}`, with the last message of the response. */
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

/** Opens a legacy session with a function `request(id, message)`. */
export async function openSession(url) {
  const { session } = await post(url, initialize());
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY };
  await post(url, initialized, { headers });
  return {
    session,
    request: (id, message, options = {}) => post(url, { jsonrpc: '2.0', id, ...message }, { headers, ...options }),
  };
}

/** Sends one modern request. */
export function modernRequest(url, id, { method, params }) {
  const name = params.name ?? params.uri;
  const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...(name ? { 'mcp-name': name } : {}) };
  return post(url, { jsonrpc: '2.0', id, method, params: modernParams(params) }, { headers });
}
