// A small MCP server for a shop: JSON-RPC 2.0 over HTTP POST, without dependencies, with one real bug.
//
//   node examples/shop-server.mjs [PORT]     (or PORT in the environment; 0 chooses a free port)

import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const MAX_BODY = 1024 * 1024;

const products = new Map([
  ['MUG-1', { name: 'Mug', price: 12.5, discount: { percent: 20 } }],
  ['TEA-3', { name: 'Tea, three kinds', price: 9, discount: { percent: 10 } }],
  ['POT-2', { name: 'Teapot', price: 34 }],
]);

/** The price of a cart. */
function totalPrice({ items }) {
  let total = 0;
  for (const { sku, quantity } of items) {
    const product = products.get(sku);
    if (!product) throw new ToolError(`No product has the sku ${sku}`);
    total += quantity * product.price * (1 - product.discount.percent / 100);
  }
  return { total: Math.round(total * 100) / 100, currency: 'EUR' };
}

/** The sales of a year, after a delay. */
async function yearlyReport({ seconds = 10 }, signal) {
  await wait(seconds * 1000, undefined, { signal });
  return { year: 2026, sold: 4711 };
}

const tools = {
  total_price: {
    run: totalPrice,
    description: 'The total price of the items in a cart, after discounts',
    inputSchema: {
      type: 'object',
      required: ['items'],
      properties: {
        items: {
          type: 'array',
          items: {
            type: 'object',
            required: ['sku', 'quantity'],
            properties: { sku: { type: 'string' }, quantity: { type: 'integer', minimum: 1 } },
          },
        },
      },
    },
  },
  yearly_report: {
    run: yearlyReport,
    description: 'The number of items sold this year; slow',
    inputSchema: { type: 'object', properties: { seconds: { type: 'number', maximum: 60 } } },
  },
};

/** A failure that the caller gets as a tool result, not as a protocol error. */
class ToolError extends Error {}

/** A failure with its own JSON-RPC code. */
class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const methods = {
  initialize: () => ({
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'shop', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({ name, description, inputSchema })),
  }),
  async 'tools/call'({ name, arguments: args = {} }, signal) {
    if (!Object.hasOwn(tools, name)) throw new RpcError(-32602, `Unknown tool: ${name}`);
    try {
      const result = await tools[name].run(args, signal);
      return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result };
    } catch (error) {
      if (error instanceof ToolError) return { content: [{ type: 'text', text: error.message }], isError: true };
      throw error;
    }
  },
};

/** The response to one message; undefined for a notification. */
async function respond(message, signal) {
  const id = message?.id ?? null;
  try {
    if (message?.jsonrpc !== '2.0' || typeof message.method !== 'string') throw new RpcError(-32600, 'Invalid Request');
    if (!Object.hasOwn(methods, message.method)) throw new RpcError(-32601, `Method not found: ${message.method}`);
    const result = await methods[message.method](message.params ?? {}, signal);
    return 'id' in message ? { jsonrpc: '2.0', id, result } : undefined;
  } catch (error) {
    if (message?.method && !('id' in message)) return undefined;
    // Any other exception is a bug in this server. It becomes an application error with the message of the exception.
    const details = error instanceof RpcError ? { code: error.code } : { code: -32000, data: { type: error.name } };
    return { jsonrpc: '2.0', id, error: { message: error.message, ...details } };
  }
}

/** The response to one body: an object, an array for a batch, or undefined. */
async function respondToBody(body, signal) {
  let message;
  try {
    message = JSON.parse(body);
  } catch {
    return { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } };
  }
  if (!Array.isArray(message) || message.length === 0) return respond(message, signal);
  const responses = (await Promise.all(message.map((member) => respond(member, signal)))).filter(Boolean);
  return responses.length > 0 ? responses : undefined;
}

const server = createServer(async (request, response) => {
  const disconnect = new AbortController();
  response.on('close', () => disconnect.abort()); // slow tools stop, because the client has disconnected
  response.on('error', () => {});
  if (request.method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end();
  let body = '';
  request.setEncoding('utf8');
  try {
    for await (const piece of request) {
      body += piece;
      if (body.length > MAX_BODY) return response.writeHead(413, { connection: 'close' }).end();
    }
  } catch {
    return; // the client has disconnected
  }
  const message = await respondToBody(body, disconnect.signal);
  if (message === undefined) return response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
});

server.listen(Number(process.argv[2] ?? process.env.PORT ?? 3900), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
