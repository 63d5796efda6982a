// Faulty servers over stdio: `node hostile-server.mjs BEHAVIOUR`.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const tool = (name) => ({ name, inputSchema: { type: 'object' } });
const tools = [tool('only')];
const behaviour = process.argv[2];

/** The response of each behaviour to a message; undefined for none. */
const behaviours = {
  silent: () => undefined,
  exits: () => process.exit(7),
  loud: (message) => {
    process.stderr.write(`\u001b[2Jconfig.json: no such file\n`.repeat(3));
    return message.method === 'initialize' ? process.exit(1) : undefined;
  },
  noisy: (message) => {
    process.stdout.write('Server is listening!\n\n[1, 2]\nnull\n"text"\n');
    return respond(message);
  },
  refuses: () => ({ error: { code: -32601, message: 'Nothing\u001b[31m here' } }),
  wrong: ({ method }) => (method === 'tools/list' ? { result: { tools: 'many' } } : { result: {} }),
  odd: ({ method }) =>
    method === 'tools/list'
      ? { result: { tools: [null, 5, {}, { name: '' }, { name: 7 }, tool('good'), tool('good')] } }
      : { result: { serverInfo: { name: ['no text'], version: 5 } } },
  circle: ({ method }) => (method === 'tools/list' ? { result: { tools, nextCursor: 'again' } } : { result: {} }),
  endless: ({ method, params }) => {
    if (method !== 'tools/list') return { result: {} };
    const page = Number(params.cursor ?? 0);
    return {
      result: { tools: Array.from({ length: 500 }, (_, i) => tool(`t${page}_${i}`)), nextCursor: String(page + 1) },
    };
  },
  pages: ({ method, params }) => {
    if (method !== 'tools/list') return { result: { serverInfo: { name: 'pages', version: '1' } } };
    const page = Number(params.cursor ?? 0);
    return { result: { tools: [tool(`tool_${page}`)], ...(page < 39 && { nextCursor: String(page + 1) }) } };
  },
  modern: ({ method, params }) => {
    const version = params?._meta?.['io.modelcontextprotocol/protocolVersion'];
    if (method === 'initialize' || version === undefined)
      return { error: { code: -32601, message: 'Method not found' } };
    if (version !== '2027-01-01')
      return { error: { code: -32022, message: 'Unsupported', data: { supported: ['2027-01-01'] } } };
    if (method === 'tools/list') return { result: { resultType: 'complete', tools } };
    return {
      result: {
        resultType: 'complete',
        _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'new', version: '2' } },
      },
    };
  },
  stubborn: (message) => respond(message),
  requesting: (message) => {
    if (message.method === 'tools/list') listId = message.id;
    if (message.method === undefined) responses.push(message);
    if (message.method === 'tools/list') {
      send({ id: 'a', method: 'ping' });
      send({ id: 'b', method: 'roots/list' });
      send({ method: 'notifications/message', params: {} });
    } else if (message.method !== undefined) {
      return respond(message);
    }
    const hasResponses = responses.length === 2 && responses[0].result && responses[1].error?.code === -32601;
    return hasResponses ? { id: listId, result: { tools } } : undefined;
  },
};
const responses = [];
let listId;

function respond({ method }) {
  return { result: method === 'tools/list' ? { tools } : { serverInfo: { name: behaviour, version: '1' } } };
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

if (behaviour === 'stubborn') {
  process.on('SIGTERM', () => {});
  // The test notices the end of this process by the closed connection. If the test ends first, this process ends too.
  connect(Number(process.argv[3]), '127.0.0.1')
    .on('error', () => {})
    .on('close', () => process.exit());
}
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.id === undefined) continue;
  const response = behaviours[behaviour](message);
  if (response !== undefined) send({ id: message.id, ...response });
}
