// Minimal MCP servers of both eras.

import { json, result } from '../../npm/test/server.mjs';

export const SESSION = 'session-of-the-case';
const SERVER = { name: 'kettle', version: '1.2.3' };
const MODERN = '2026-07-28';

/** A legacy server. `call(body, response)` responds to the requests after the handshake. */
export function legacyServer(call) {
  return ({ method, headers, body }, response) => {
    if (method === 'DELETE') return response.writeHead(204).end();
    if (method === 'GET') return response.writeHead(405).end();
    const { protocolVersion } = body.params ?? {};
    const initializeResult = { protocolVersion, capabilities: { tools: {} }, serverInfo: SERVER };
    if (body.method === 'initialize') {
      json(response, { jsonrpc: '2.0', id: body.id, result: initializeResult }, 200, { 'mcp-session-id': SESSION });
    } else if (headers['mcp-session-id'] !== SESSION) {
      json(response, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Server not initialized' } }, 400);
    } else if (body.id === undefined) response.writeHead(202).end();
    else call(body, response);
  };
}

/** A modern server. `call(body, response)` responds to the requests after discovery. */
export function modernServer(call) {
  return ({ headers, body }, response) => {
    const hasMeta = body.params?._meta !== undefined;
    if (headers['mcp-protocol-version'] !== MODERN || headers['mcp-method'] !== body.method || !hasMeta) {
      json(response, { jsonrpc: '2.0', id: body.id, error: { code: -32020, message: 'Header mismatch' } }, 400);
    } else if (body.method === 'server/discover') {
      const _meta = { 'io.modelcontextprotocol/serverInfo': SERVER };
      result(body, response, { supportedVersions: [MODERN], capabilities: { tools: {} }, _meta });
    } else call(body, response);
  };
}

/** Responds with a stream of these texts. Ends it after the last one, unless `end` is false. */
export function stream(response, texts, end = true) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const text of texts) response.write(text);
  if (end) response.end();
}

/** A message as an event of a stream. */
export function event(message, id) {
  return `${id ? `id: ${id}\n` : ''}event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
}
