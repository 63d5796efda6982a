// A scripted MCP server over HTTP, of the legacy or the modern era.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { MCPClient } from '../dist/mcp-autoheal.js';

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
const PREFIX = 'io.modelcontextprotocol/';
const BOTH_TYPES = 'application/json, text/event-stream';
const NAMED = /^(tools\/call|prompts\/get|resources\/read)$/;

/** A scripted server, and a client for it. */
export async function connectMCP(t, script = {}, options = {}) {
  const server = await startMCP(t, script);
  const client = new MCPClient(server.endpoint, { retries: 0, timeout: 20_000, ...options });
  t.after(() => client.close().catch(() => {}));
  return { client, server };
}

/** The same with a client of the legacy era. */
export function connectLegacy(t, script, options) {
  return connectMCP(t, script, { mcp: 'legacy', ...options });
}

/** The same with a server and a client of the modern era. */
export function connectModern(t, script, options) {
  return connectMCP(t, { era: 'modern', ...script }, { mcp: 'modern', ...options });
}

/** A form for elicitation/create, in which some fields have default values. */
export const FORM = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'Anna' },
    cups: { type: 'integer', default: 2 },
    hot: { type: 'boolean', default: false },
    note: { type: 'string' },
  },
};

/**
 * Starts a server on a free port. `script.era` is `legacy` by default; `script.sessions: false` turns sessions off.
 * Each other member of the script is a function that responds to a method, to `GET` or `DELETE`, or, as `lost`, to a
 * request with an unknown session. It gets the exchange and the number of exchanges of that name so far. Other requests
 * get the response that the protocol requires; requests that violate the protocol are refused.
 */
export async function startMCP(t, script) {
  const server = { script, seen: [], session: 0, waiters: [] };
  const errors = [];
  const http = createServer(async (request, response) => {
    response.on('close', () => wakeWaiters(server));
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return;
    try {
      const exchange = new Exchange(server, request, response, Buffer.concat(chunks).toString());
      server.seen.push(exchange);
      await respond(server, exchange);
    } catch (error) {
      errors.push(error);
      response.destroy();
    }
    wakeWaiters(server);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(async () => {
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
    if (errors.length > 0) throw errors[0];
  });
  return Object.assign(server, {
    endpoint: `http://127.0.0.1:${http.address().port}/mcp`,
    /** The names of all exchanges, in order. */
    log: () => server.seen.map(({ name }) => name),
    /** The exchanges of one name. */
    sent: (name) => server.seen.filter((exchange) => exchange.name === name),
    /** Resolves to the first truthy value of `found()`, which is called again after each event of an exchange. */
    async until(found) {
      for (let value; ; await new Promise((wake) => server.waiters.push(wake))) if ((value = found())) return value;
    },
    /** Resolves to the exchange with this name and number. */
    arrived: (name, times = 1) => server.until(() => server.sent(name)[times - 1]),
  });
}

function wakeWaiters(server) {
  server.waiters.splice(0).forEach((wake) => wake());
}

/** One HTTP request, and methods to respond to it. */
class Exchange {
  at = performance.now();
  #server;

  constructor(server, { method, headers }, response, text) {
    const body = text ? JSON.parse(text) : undefined;
    const name = body === undefined ? method : (body.method ?? 'response');
    Object.assign(this, { name, body, headers, response, text });
    this.#server = server;
  }

  /** True if the client closed the connection before the response was complete. */
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

  /** Begins an event stream with this text. */
  stream(text = '') {
    this.response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.response.flushHeaders();
    if (text) this.response.write(text);
  }

  /** Sends one event. Begins the stream if necessary. */
  event(message, id) {
    if (!this.response.headersSent) this.stream();
    const text = typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message });
    this.response.write(`${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${text}\n\n`);
  }

  /** Sends the response as an event and ends the stream. */
  finish(result) {
    this.event({ id: this.body.id, result });
    this.response.end();
  }

  /** Sends a request of the server on this stream. Resolves to the response of the client. */
  async request(id, method, params) {
    this.event({ id, method, params });
    const { body } = await this.#server.until(() => this.#server.sent('response').find(({ body }) => body.id === id));
    return body;
  }
}

async function respond(server, exchange) {
  const { script } = server;
  const { name, body, headers, response } = exchange;
  const check = script.era === 'modern' ? modernRefusal : legacyRefusal;
  const refuse = check(server, exchange);
  if (refuse) return refuse();
  if (script[name]) return script[name](exchange, server.sent(name).length);
  if (name === 'GET') return response.writeHead(405).end();
  if (name === 'DELETE') return response.writeHead(200).end();
  if (body.id === undefined || name === 'response') return response.writeHead(202).end();
  if (name === 'initialize') return exchange.result(initializeResult(), session(server, headers));
  if (name === 'server/discover' && script.era === 'modern') return exchange.result(discoverResult());
  if (name === 'ping') return exchange.result({});
  return exchange.error(-32601, 'Method not found', { status: script.era === 'modern' ? 404 : 200 });
}

/** The result of initialize. */
export function initializeResult(protocolVersion = LEGACY) {
  const serverInfo = { name: 'tea', version: '2.1' };
  return { protocolVersion, serverInfo, capabilities: { tools: { listChanged: true } }, instructions: 'Be polite.' };
}

/** The result of server/discover. */
export function discoverResult(supportedVersions = [MODERN]) {
  const { serverInfo, capabilities, instructions } = initializeResult();
  return {
    supportedVersions,
    capabilities,
    instructions,
    resultType: 'complete',
    _meta: { [`${PREFIX}serverInfo`]: serverInfo },
  };
}

function session(server, headers) {
  if (headers['mcp-session-id']) throw new Error('an initialize request with a session id');
  return { 'mcp-session-id': `session-${(server.session += 1)}` };
}

function sessionNotFound(exchange) {
  exchange.error(-32600, 'Session not found', { status: 404, id: null });
}

/** A function that refuses a request which violates the protocol; undefined for a valid request. */
function legacyRefusal(server, exchange) {
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

/** The same for the modern era. */
function modernRefusal(server, exchange) {
  const { name, body, headers } = exchange;
  if (body?.id === undefined) return undefined;
  const expected = {
    'mcp-protocol-version': body.params?._meta?.[`${PREFIX}protocolVersion`],
    'mcp-method': body.method,
  };
  if (NAMED.test(name)) expected['mcp-name'] = body.params.name ?? body.params.uri;
  for (const [header, value] of Object.entries(expected)) {
    if (decoded(headers[header]) !== value) {
      return () => exchange.error(-32020, `Header mismatch: ${header} is ${headers[header]}`, { status: 400 });
    }
  }
  if (headers.accept !== BOTH_TYPES) return () => exchange.error(-32000, 'Not Acceptable', { status: 406 });
  return undefined;
}

/** The value of a header, decoded if it is wrapped in Base64. */
function decoded(value) {
  const wrapped = /^=\?base64\?(.*)\?=$/.exec(value ?? '');
  return wrapped ? Buffer.from(wrapped[1], 'base64').toString() : value;
}
