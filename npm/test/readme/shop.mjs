// The server of the README examples: plain JSON-RPC and modern MCP at every path.

import { json, startServer } from '../server.mjs';

const SIZES = { type: 'object', properties: { size: { type: 'string', enum: ['S', 'M', 'L'] } } };
const SIZE_REQUEST = { method: 'elicitation/create', params: { message: 'Which size?', requestedSchema: SIZES } };
const ITEM = { type: 'object', properties: { sku: { type: 'string' }, quantity: { type: 'integer' } } };
const CART = { type: 'object', properties: { items: { type: 'array', items: ITEM } } };

const tools = {
  total_price({ items }) {
    const total = items.reduce((sum, { quantity }) => sum + 10 * quantity, 0);
    return { content: [], structuredContent: { total, currency: 'EUR' } };
  },
  yearly_report: () => textResult('4711 sold'),
  order_shirt(_, responses) {
    if (!responses) return { resultType: 'input_required', inputRequests: { size: SIZE_REQUEST } };
    return textResult(`One shirt, size ${responses.size.content.size}`);
  },
};

const methods = {
  'server/discover': () => ({
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: {}, resources: {}, prompts: {} },
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'shop', version: '2.4.1' } },
  }),
  'tools/list': () => ({ tools: Object.keys(tools).map((name) => ({ name, inputSchema: CART })) }),
  'tools/call': ({ name, arguments: args, inputResponses }) => tools[name](args, inputResponses),
  'resources/read': ({ uri }) => ({ contents: [{ uri, text: 'from 9 to 5' }] }),
  'prompts/get': ({ arguments: { name } }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
  }),
  add: ({ a, b }) => a + b,
  viewed: () => null,
  price: () => 12.5,
  stock({ sku }) {
    throw new Error(`Unknown product ${sku}`);
  },
  book() {
    throw new Error('No table is free');
  },
  list_models: () => [{ id: 'bert' }],
  generate_text: ({ max_length }) => `Once upon a time, in ${max_length} characters`,
};

/** Starts the server until the end of the test. `unknown` collects the names of unknown methods. */
export async function startShop(t) {
  const unknown = [];
  let tokens = 0;
  const server = await startServer((body, response) => {
    const { url, headers } = response.req;
    // The first token is already expired.
    if (url === '/token') return json(response, { token: `${(tokens += 1)}` });
    if (headers.authorization === 'Bearer 1') return response.writeHead(401).end();
    if (body.method === 'subscriptions/listen') return events(response);
    if (body.params?._meta?.progressToken) return sendProgress(body, response);
    const responses = [body].flat().map((call) => respond(call, unknown)).filter(Boolean);
    if (responses.length === 0) return response.writeHead(202).end();
    json(response, Array.isArray(body) ? responses : responses[0]);
  });
  t.after(() => server.close());
  return { ...server, unknown, origin: new URL(server.endpoint).origin };
}

function respond({ id, method, params }, unknown) {
  if (!Object.hasOwn(methods, method)) unknown.push(method);
  if (id === undefined) return undefined;
  try {
    return { jsonrpc: '2.0', id, result: methods[method](params) };
  } catch ({ message }) {
    return { jsonrpc: '2.0', id, error: { code: -32000, message } };
  }
}

function sendProgress({ id, params }, response) {
  const { progressToken } = params._meta;
  const notifications = [1, 2].map((progress) => ({
    ...{ jsonrpc: '2.0', method: 'notifications/progress' },
    params: { progressToken, progress, total: 2 },
  }));
  events(response, ...notifications, respond({ id, method: 'tools/call', params })).end();
}

function events(response, ...messages) {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  for (const message of messages) response.write(`data: ${JSON.stringify(message)}\n\n`);
  return response;
}

function textResult(text) {
  return { content: [{ type: 'text', text }] };
}
