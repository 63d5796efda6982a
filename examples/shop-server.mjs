// A small MCP server for a shop: JSON-RPC 2.0 over HTTP POST, Node's built-ins only, and one real bug.
//
//   node examples/shop-server.mjs [PORT]     (or PORT in the environment; 0 takes any free port)

import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const LARGEST_BODY = 1024 * 1024;

const products = new Map([
  ['MUG-1', { name: 'Mug', price: 12.5, discount: { percent: 20 } }],
  ['TEA-3', { name: 'Tea, three kinds', price: 9, discount: { percent: 10 } }],
  ['POT-2', { name: 'Teapot', price: 34 }],
]);

/** What the cart costs. */
function totalPrice({ items }) {
  let total = 0;
  for (const { sku, quantity } of items) {
    const product = products.get(sku);
    if (!product) throw new ToolError(`No product has the sku ${sku}`);
    total += quantity * product.price * (1 - product.discount.percent / 100);
  }
  return { total: Math.round(total * 100) / 100, currency: 'EUR' };
}

/** A year of sales, added up slowly. */
async function yearlyReport({ seconds = 10 }, signal) {
  await wait(seconds * 1000, undefined, { signal });
  return { year: 2026, sold: 4711 };
}

const tools = {
  total_price: {
    run: totalPrice,
    description: 'What the items of a cart cost together, discounts taken off',
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
    description: 'How much was sold this year; takes its time',
    inputSchema: { type: 'object', properties: { seconds: { type: 'number', maximum: 60 } } },
  },
};

/** A failure the caller is told in the tool's result, not as an error of the protocol. */
class ToolError extends Error {}

/** A failure with a JSON-RPC code of its own. */
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

/** The answer to one message; undefined for a notification. */
async function answer(message, signal) {
  const id = message?.id ?? null;
  try {
    if (message?.jsonrpc !== '2.0' || typeof message.method !== 'string') throw new RpcError(-32600, 'Invalid Request');
    if (!Object.hasOwn(methods, message.method)) throw new RpcError(-32601, `Method not found: ${message.method}`);
    const result = await methods[message.method](message.params ?? {}, signal);
    return 'id' in message ? { jsonrpc: '2.0', id, result } : undefined;
  } catch (error) {
    if (message?.method && !('id' in message)) return undefined;
    // Whatever else was thrown is a bug in this server: an application error with the exception's own message.
    const told = error instanceof RpcError ? { code: error.code } : { code: -32000, data: { type: error.name } };
    return { jsonrpc: '2.0', id, error: { message: error.message, ...told } };
  }
}

/** The answer to one body: an object, an array for a batch, or undefined. */
async function answerBody(body, signal) {
  let message;
  try {
    message = JSON.parse(body);
  } catch {
    return { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } };
  }
  if (!Array.isArray(message) || message.length === 0) return answer(message, signal);
  const answers = (await Promise.all(message.map((member) => answer(member, signal)))).filter(Boolean);
  return answers.length > 0 ? answers : undefined;
}

const server = createServer(async (request, response) => {
  const gone = new AbortController();
  response.on('close', () => gone.abort()); // nobody waits any more: slow tools stop
  response.on('error', () => {});
  if (request.method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end();
  let body = '';
  request.setEncoding('utf8');
  try {
    for await (const piece of request) {
      body += piece;
      if (body.length > LARGEST_BODY) return response.writeHead(413, { connection: 'close' }).end();
    }
  } catch {
    return; // the caller hung up
  }
  const reply = await answerBody(body, gone.signal);
  if (reply === undefined) return response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
});

server.listen(Number(process.argv[2] ?? process.env.PORT ?? 3900), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
