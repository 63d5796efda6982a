// A real HTTP server that plays an MCP server of either era; each test scripts what is particular about it.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { MCPClient } from '../dist/mcp-autoheal.js';

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
const PREFIX = 'io.modelcontextprotocol/';
const BOTH_TYPES = 'application/json, text/event-stream';
const NAMED = /^(tools\/call|prompts\/get|resources\/read)$/;

/** A client for a server that answers as the script says. */
export async function connectMCP(t, script = {}, options = {}) {
  const server = await startMCP(t, script);
  const client = new MCPClient(server.endpoint, { retries: 0, timeout: 20_000, ...options });
  t.after(() => client.close().catch(() => {}));
  return { client, server };
}

/**
 * Starts it on a free port. `script.era` is `legacy` by default, and `script.sessions` says whether there are sessions.
 * Every other member answers what it names: a method, `GET`, `DELETE`, or `lost` for a request of a session that is no
 * more. It gets the exchange, and how many of its kind there were. What is not scripted is answered as the protocol
 * wants it, and what the protocol forbids is refused.
 */
export async function startMCP(t, script) {
  const server = { script, seen: [], session: 0, looks: [] };
  const mistakes = [];
  const http = createServer(async (request, response) => {
    response.on('close', () => look(server));
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return;
    try {
      const exchange = new Exchange(server, request, response, Buffer.concat(chunks).toString());
      server.seen.push(exchange);
      await answer(server, exchange);
    } catch (mistake) {
      mistakes.push(mistake);
      response.destroy();
    }
    look(server);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(async () => {
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
    if (mistakes.length > 0) throw mistakes[0];
  });
  return Object.assign(server, {
    endpoint: `http://127.0.0.1:${http.address().port}/mcp`,
    /** Everything that came, by name and in order. */
    log: () => server.seen.map(({ name }) => name),
    /** What came under one name. */
    sent: (name) => server.seen.filter((exchange) => exchange.name === name),
    /** Resolves to what `found()` returns as soon as that is something; looks whenever anything came or ended. */
    async until(found) {
      for (let value; ; await new Promise((again) => server.looks.push(again))) if ((value = found())) return value;
    },
    /** Resolves to the last one under a name once there were that many. */
    arrived: (name, times = 1) => server.until(() => server.sent(name)[times - 1]),
  });
}

function look(server) {
  server.looks.splice(0).forEach((again) => again());
}

/** One request and what can be done about it. */
class Exchange {
  at = performance.now();
  #server;

  constructor(server, { method, headers }, response, text) {
    const body = text ? JSON.parse(text) : undefined;
    const name = body === undefined ? method : (body.method ?? 'response');
    Object.assign(this, { name, body, headers, response, text });
    this.#server = server;
  }

  /** Whether the other side is still there, or the answer is complete. */
  get isCut() {
    return this.response.destroyed && !this.response.writableFinished;
  }

  json(value, status = 200, headers = {}) {
    this.response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  }

  result(result, headers) {
    this.json({ jsonrpc: '2.0', id: this.body.id, result }, 200, headers);
  }

  error(code, message, { status = 200, data, id = this.body?.id } = {}) {
    this.json({ jsonrpc: '2.0', id, error: { code, message, data } }, status);
  }

  /** Begins an event stream with these bytes. */
  stream(text = '') {
    this.response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.response.flushHeaders();
    if (text) this.response.write(text);
  }

  /** One event; begins the stream if need be. */
  event(message, id) {
    if (!this.response.headersSent) this.stream();
    const text = typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message });
    this.response.write(`${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${text}\n\n`);
  }

  /** The answer as an event, and the end of the stream. */
  finish(result) {
    this.event({ id: this.body.id, result });
    this.response.end();
  }

  /** A request of the server on this stream; resolves to what the client answers. */
  async ask(id, method, params) {
    this.event({ id, method, params });
    const { body } = await this.#server.until(() => this.#server.sent('response').find(({ body }) => body.id === id));
    return body;
  }
}

async function answer(server, exchange) {
  const { script } = server;
  const { name, body, headers, response } = exchange;
  const refuse = script.era === 'modern' ? modernFlaw : legacyFlaw;
  const flaw = refuse(server, exchange);
  if (flaw) return flaw();
  if (script[name]) return script[name](exchange, server.sent(name).length);
  if (name === 'GET') return response.writeHead(405).end();
  if (name === 'DELETE') return response.writeHead(200).end();
  if (body.id === undefined || name === 'response') return response.writeHead(202).end();
  if (name === 'initialize') return exchange.result(welcome(), session(server, headers));
  if (name === 'server/discover' && script.era === 'modern') return exchange.result(discovered());
  if (name === 'ping') return exchange.result({});
  return exchange.error(-32601, 'Method not found', { status: script.era === 'modern' ? 404 : 200 });
}

/** What a server says in a handshake. */
export function welcome(protocolVersion = LEGACY) {
  const serverInfo = { name: 'tea', version: '2.1' };
  return { protocolVersion, serverInfo, capabilities: { tools: { listChanged: true } }, instructions: 'Be polite.' };
}

/** What a server of the newer era says of itself. */
export function discovered(supportedVersions = [MODERN]) {
  const { serverInfo, capabilities, instructions } = welcome();
  return {
    supportedVersions,
    capabilities,
    instructions,
    resultType: 'complete',
    _meta: { [`${PREFIX}serverInfo`]: serverInfo },
  };
}

function session(server, headers) {
  if (headers['mcp-session-id']) throw new Error('a handshake that names a session');
  return { 'mcp-session-id': `session-${(server.session += 1)}` };
}

function sessionNotFound(exchange) {
  exchange.error(-32600, 'Session not found', { status: 404, id: null });
}

function legacyFlaw(server, exchange) {
  const { name, headers } = exchange;
  if (name !== 'GET' && name !== 'DELETE' && headers.accept !== BOTH_TYPES) {
    return () => exchange.error(-32000, 'Not Acceptable', { status: 406 });
  }
  if (name === 'initialize' || (name === 'server/discover' && server.script[name])) return undefined;
  const session = headers['mcp-session-id'];
  if (server.script.sessions !== false && session !== `session-${server.session}`) {
    if (!session) return () => exchange.error(-32000, 'Bad Request: Server not initialized', { status: 400, id: null });
    return () => (server.script.lost ?? sessionNotFound)(exchange);
  }
  if (!headers['mcp-protocol-version'])
    return () => exchange.error(-32000, 'Bad Request: no protocol version', { status: 400 });
  return undefined;
}

function modernFlaw(server, exchange) {
  const { name, body, headers } = exchange;
  if (body?.id === undefined) return undefined;
  const told = { 'mcp-protocol-version': body.params?._meta?.[`${PREFIX}protocolVersion`], 'mcp-method': body.method };
  if (NAMED.test(name)) told['mcp-name'] = body.params.name ?? body.params.uri;
  for (const [header, value] of Object.entries(told)) {
    if (plain(headers[header]) !== value) {
      return () => exchange.error(-32020, `Header mismatch: ${header} is ${headers[header]}`, { status: 400 });
    }
  }
  if (headers.accept !== BOTH_TYPES) return () => exchange.error(-32000, 'Not Acceptable', { status: 406 });
  return undefined;
}

/** A header's value without its wrapping. */
function plain(value) {
  const wrapped = /^=\?base64\?(.*)\?=$/.exec(value ?? '');
  return wrapped ? Buffer.from(wrapped[1], 'base64').toString() : value;
}
