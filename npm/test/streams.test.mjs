// Answers as event streams: what may come before them, and streams that break off, go astray or never end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectMCP, welcome } from './mcp-server.mjs';

const options = { mcp: 'legacy' };
const RESULT = { content: [{ type: 'text', text: 'green' }] };
const answer = ({ body }, result = RESULT) => `data: ${JSON.stringify({ jsonrpc: '2.0', id: body.id, result })}\n\n`;
const connect = (t, call, more = {}, script = {}) =>
  connectMCP(t, { 'tools/call': call, ...script }, { ...options, ...more });
/** A client whose calls are answered with these bytes as a stream, and then its end. */
const streaming = (t, text, more) =>
  connect(
    t,
    (exchange) => {
      exchange.stream(text(exchange));
      exchange.response.end();
    },
    more,
  );

// Each of these streams holds the answer, whatever stands beside it.
const readable = {
  'the answer alone': answer,
  'a priming event with empty data': (exchange) => `id: 1\ndata:\n\nid: 2\ndata: \n\n${answer(exchange)}`,
  'comments, before and within': (exchange) =>
    `: hello\n\n:\n${answer(exchange).replace('data', ': in between\nevent: message\n: more\ndata')}`,
  'carriage returns': (exchange) => answer(exchange).replaceAll('\n', '\r\n'),
  'lone carriage returns': (exchange) => `retry: 10\r${answer(exchange).replaceAll('\n', '\r')}`,
  'a byte order mark': (exchange) => `\ufeff${answer(exchange)}`,
  'fields nobody knows': (exchange) => `colour: green\nevent: ping\nid\n${answer(exchange)}`,
  'no blank after the colon': (exchange) => answer(exchange).replace('data: ', 'data:'),
  'data in several lines': ({ body }) =>
    `data: {"jsonrpc": "2.0",\ndata: "id": ${body.id},\ndata: "result": ${JSON.stringify(RESULT)}}\n\n`,
  'replies to nobody, and to others': (exchange) =>
    `data: {"jsonrpc":"2.0","id":999,"result":1}\n\n${answer(exchange)}`,
  'the id as a text first': (exchange) =>
    `data: {"jsonrpc":"2.0","id":"${exchange.body.id}","result":1}\n\n${answer(exchange)}`,
  'what is no JSON': (exchange) => `data: hello\n\n${answer(exchange)}`,
  'JSON that is no message': (exchange) => `data: 5\n\ndata: null\n\ndata: {}\n\n${answer(exchange)}`,
  'JSON that is no message, after it': (exchange) => `${answer(exchange)}data: 5\n\ndata: {}\n\n`,
  'more after it': (exchange) =>
    `${answer(exchange)}data: {"jsonrpc":"2.0","method":"notifications/late"}\n\ndata: half`,
  'the answer twice': (exchange) => `${answer(exchange)}${answer(exchange)}`,
};
for (const [name, text] of Object.entries(readable)) {
  test(`a stream that holds the answer: ${name}`, async (t) => {
    const { client } = await streaming(t, text);
    assert.deepEqual(await client.callTool('green'), RESULT);
  });
}

test('a stream in pieces that end anywhere', async (t) => {
  const { client } = await connect(t, async (exchange) => {
    exchange.stream();
    const bytes = Buffer.from(`id: 1\ndata:\n\n${answer(exchange, { text: 'grün 茶 😀' })}`);
    for (const byte of bytes) {
      exchange.response.write(Buffer.of(byte));
      await new Promise((turn) => setImmediate(turn));
    }
    exchange.response.end();
  });
  assert.deepEqual(await client.callTool('green'), { text: 'grün 茶 😀' });
});

test('what is no message does not end a stream, however it is cut into pieces', async (t) => {
  let hear;
  const heard = new Promise((resume) => (hear = resume));
  const { client } = await connect(t, async (exchange) => {
    exchange.stream('data: {}\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n');
    await heard;
    exchange.response.end(answer(exchange));
  });
  client.setNotificationHandler('notifications/progress', hear);
  assert.deepEqual(await client.callTool('green'), RESULT);
});

test('a stream that stays open after the answer is not waited for', async (t) => {
  const { client, server } = await connect(t, (exchange) => exchange.stream(answer(exchange)));
  assert.deepEqual(await client.callTool('green'), RESULT);
  await server.until(() => server.sent('tools/call')[0].isCut);
});

test('the handshake itself may come as a stream', async (t) => {
  const { client } = await connect(
    t,
    (exchange) => exchange.result(RESULT),
    {},
    {
      sessions: false,
      initialize: (exchange) => exchange.finish(welcome()),
    },
  );
  assert.deepEqual(await client.callTool('green'), RESULT);
  assert.deepEqual(client.getServerVersion(), { name: 'tea', version: '2.1' });
});

// Each of these ends without an answer that can be used.
const unusable = {
  'nothing at all': [() => '', 'NETWORK'],
  'half an event': [(exchange) => answer(exchange).slice(0, -1), 'NETWORK'],
  'half an event\'s text': [(exchange) => answer(exchange).slice(0, 30), 'NETWORK'],
  'the id as a text': [({ body }) => `data: {"jsonrpc":"2.0","id":"${body.id}","result":1}\n\n`, 'NETWORK'],
  'a list': [(exchange) => `data: [${answer(exchange).slice(6, -2)}]\n\n`, 'INVALID_RESPONSE'],
  'an answer to nobody': [() => 'data: {"jsonrpc":"2.0","id":null,"result":1}\n\n', 'INVALID_RESPONSE'],
  'no version': [({ body }) => `data: {"id":${body.id},"result":1}\n\n`, 'INVALID_RESPONSE'],
  'result and error': [
    ({ body }) => `data: {"jsonrpc":"2.0","id":${body.id},"result":1,"error":{"code":1,"message":"x"}}\n\n`,
    'INVALID_RESPONSE',
  ],
  'an error': [({ body }) => `data: {"jsonrpc":"2.0","id":${body.id},"error":{"code":7,"message":"no"}}\n\n`, 7],
  'an error for nobody': [
    () => 'data: {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}\n\n',
    -32700,
  ],
};
for (const [name, [text, code]] of Object.entries(unusable)) {
  test(`a stream that fails the call: ${name}`, async (t) => {
    const { client, server } = await streaming(t, text);
    assert.equal((await rejection(client.callTool('green'))).code, code);
    assert.equal(server.sent('tools/call').length, 1, 'what was lost is not asked for twice');
  });
}

// Bodies that are no streams, under MCP.
const bodies = {
  HTML: ['text/html', '<!doctype html>', /is HTML or XML/],
  'truncated JSON': ['application/json', '{"jsonrpc":"2.0","id":', /broken or incomplete JSON/],
  'an empty body': ['application/json', '', /is empty/],
  'an empty body without a type': [undefined, '', /is empty/],
  'an event stream that says it is something else': ['text/plain', 'data: {}\n\n', /is an event stream, not JSON/],
};
for (const [name, [type, text, message]] of Object.entries(bodies)) {
  test(`an answer that cannot be used: ${name}`, async (t) => {
    const { client } = await connect(t, ({ response }) =>
      response.writeHead(200, type && { 'content-type': type }).end(text),
    );
    const failure = await rejection(client.callTool('green'));
    assert.equal(failure.code, 'INVALID_RESPONSE');
    assert.match(failure.message, message);
  });
}

test('broken JSON on a stream is told to onerror', async (t) => {
  const { client } = await streaming(t, (exchange) => `data: {"half\n\n${answer(exchange)}`);
  const errors = [];
  client.onerror = (error) => errors.push(error);
  await client.callTool('green');
  assert.deepEqual(
    errors.map(({ name }) => name),
    ['SyntaxError'],
  );
});

test('a connection that is cut in the middle of a stream', async (t) => {
  const { client, server } = await connect(t, (exchange) => {
    exchange.event({ method: 'notifications/message', params: {} });
    exchange.response.write('data: {"half', () => exchange.response.destroy());
  });
  const failure = await rejection(client.callTool('green'));
  assert.equal(failure.code, 'NETWORK');
  assert.ok(failure.cause instanceof Error);
  assert.equal(server.sent('tools/call').length, 1);
});

test('a stream that tells nothing times out, comments or not', async (t) => {
  const { client, server } = await connect(t, (exchange) => {
    exchange.stream(': hello\n\n');
    const timer = setInterval(() => exchange.response.write(':\n\n'), 20);
    exchange.response.on('close', () => clearInterval(timer));
  });
  const failure = await rejection(client.callTool('green', {}, { timeout: 300 }));
  assert.equal(failure.code, 'TIMEOUT');
  await server.until(() => server.sent('tools/call')[0].isCut);
});

test('a stream is resumed after its last event, as late as the server wants', async (t) => {
  let ended;
  const { client, server } = await connect(
    t,
    (exchange) => {
      exchange.stream('retry: 300\nid: a-1\ndata:\n\n');
      exchange.event({ method: 'notifications/message' }, 'a-2');
      exchange.response.write('id: a-3\ndata: half');
      ended = performance.now();
      exchange.response.end();
    },
    {},
    {
      GET: (exchange) => {
        exchange.stream(`id: a-4\n${answer({ body: { id: server.sent('tools/call')[0].body.id } })}`);
        exchange.response.end();
      },
    },
  );
  assert.deepEqual(await client.callTool('green'), RESULT);
  const [{ headers, at }] = server.sent('GET');
  assert.deepEqual([headers['last-event-id'], headers.accept], ['a-2', 'application/json, text/event-stream']);
  assert.deepEqual([headers['mcp-session-id'], headers['mcp-protocol-version']], ['session-1', '2025-11-25']);
  assert.ok(at - ended >= 290 && at - ended < 1500, String(at - ended));
  assert.equal(server.sent('tools/call').length, 1);
});

test('a stream may break off again and again as long as it goes on', async (t) => {
  const { client, server } = await connect(
    t,
    (exchange) => exchange.response.end(exchange.stream('retry: 1\nid: 0\ndata:\n\n')),
    {},
    {
      GET: (exchange, times) => {
        const { id } = server.sent('tools/call')[0].body;
        const step = `id: ${times}\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n`;
        exchange.stream(times < 12 ? step : answer({ body: { id } }));
        exchange.response.end();
      },
    },
  );
  assert.deepEqual(await client.callTool('green'), RESULT);
  assert.deepEqual(
    server.sent('GET').map(({ headers }) => headers['last-event-id']),
    Array.from({ length: 12 }, (_, number) => String(number)),
  );
});

test('a server that cannot resume, and one that has nothing more to tell', async (t) => {
  const broken = (exchange) => exchange.response.end(exchange.stream('retry: 1\nid: 1\ndata:\n\n'));
  const { client, server } = await connect(t, broken);
  assert.equal((await rejection(client.callTool('green'))).code, 'NETWORK');
  assert.equal(server.sent('GET').length, 1);

  const empty = await connect(t, broken, {}, { GET: (exchange) => exchange.response.end(exchange.stream()) });
  assert.equal((await rejection(empty.client.callTool('green'))).code, 'NETWORK');
  const times = empty.server.sent('GET').length;
  assert.ok(times > 1 && times < 10, String(times));
});

test('a wait before the resuming that is longer than the timeout', async (t) => {
  const { client, server } = await connect(t, (exchange) =>
    exchange.response.end(exchange.stream('retry: 60000\nid: 1\ndata:\n\n')),
  );
  assert.equal((await rejection(client.callTool('green', {}, { timeout: 100 }))).code, 'TIMEOUT');
  assert.deepEqual(server.sent('GET'), []);
});
