// MCP servers of both eras, as small as a case needs them.

import { json, result } from '../../npm/test/server.mjs';

export const SESSION = 'session-of-the-case';
const SERVER = { name: 'kettle', version: '1.2.3' };
const VERSION = '2026-07-28';

/** A server that knows the handshake only; `call(body, response)` answers the requests after it. */
export function knowsHandshake(call) {
  return ({ method, headers, body }, response) => {
    if (method === 'DELETE') return response.writeHead(204).end();
    if (method === 'GET') return response.writeHead(405).end();
    const { protocolVersion } = body.params ?? {};
    const shaken = { protocolVersion, capabilities: { tools: {} }, serverInfo: SERVER };
    if (body.method === 'initialize') {
      json(response, { jsonrpc: '2.0', id: body.id, result: shaken }, 200, { 'mcp-session-id': SESSION });
    } else if (headers['mcp-session-id'] !== SESSION) {
      json(response, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Server not initialized' } }, 400);
    } else if (body.id === undefined) response.writeHead(202).end();
    else call(body, response);
  };
}

/** A server of the era without a handshake, which says that it is. */
export function knowsDiscovery(call) {
  return ({ headers, body }, response) => {
    const { _meta } = body.params ?? {};
    if (headers['mcp-protocol-version'] !== VERSION || headers['mcp-method'] !== body.method || !_meta) {
      json(response, { jsonrpc: '2.0', id: body.id, error: { code: -32020, message: 'Header mismatch' } }, 400);
    } else if (body.method === 'server/discover') {
      const told = { 'io.modelcontextprotocol/serverInfo': SERVER };
      result(body, response, { supportedVersions: [VERSION], capabilities: { tools: {} }, _meta: told });
    } else call(body, response);
  };
}

/** Answers with a stream of these texts, each as it is; it ends with the last, or stays open. */
export function stream(response, texts, end = true) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const text of texts) response.write(text);
  if (end) response.end();
}

/** A message as one event of a stream. */
export function event(message, id) {
  return `${id ? `id: ${id}\n` : ''}event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
}
