// Responses as event streams: valid, invalid, broken, resumed and endless streams.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectLegacy, initializeResult } from './mcp-server.mjs';

const RESULT = { content: [{ type: 'text', text: 'green' }] };
const responseEvent = ({ body }, result = RESULT) =>
  `data: ${JSON.stringify({ jsonrpc: '2.0', id: body.id, result })}\n\n`;
const connect = (t, call, more = {}, script = {}) => connectLegacy(t, { 'tools/call': call, ...script }, more);
/** A client whose calls get this text as a complete stream. */
const streaming = (t, text, more) =>
  connect(
    t,
    (exchange) => {
      exchange.stream(text(exchange));
      exchange.response.end();
    },
    more,
  );

// Streams that contain the response.
const readable = {
  'the response alone': responseEvent,
  'a priming event with empty data': (exchange) => `id: 1\ndata:\n\nid: 2\ndata: \n\n${responseEvent(exchange)}`,
  'comments, before and within': (exchange) =>
    `: hello\n\n:\n${responseEvent(exchange).replace('data', ': in between\nevent: message\n: more\ndata')}`,
  'carriage returns': (exchange) => responseEvent(exchange).replaceAll('\n', '\r\n'),
  'lone carriage returns': (exchange) => `retry: 10\r${responseEvent(exchange).replaceAll('\n', '\r')}`,
  'a byte order mark': (exchange) => `\ufeff${responseEvent(exchange)}`,
  'unknown fields': (exchange) => `colour: green\nevent: ping\nid\n${responseEvent(exchange)}`,
  'no space after the colon': (exchange) => responseEvent(exchange).replace('data: ', 'data:'),
  'data in several lines': ({ body }) =>
    `data: {"jsonrpc": "2.0",\ndata: "id": ${body.id},\ndata: "result": ${JSON.stringify(RESULT)}}\n\n`,
  'a response to another id first': (exchange) =>
    `data: {"jsonrpc":"2.0","id":999,"result":1}\n\n${responseEvent(exchange)}`,
  'a response with the id as text first': (exchange) =>
    `data: {"jsonrpc":"2.0","id":"${exchange.body.id}","result":1}\n\n${responseEvent(exchange)}`,
  'an event that is not JSON': (exchange) => `data: hello\n\n${responseEvent(exchange)}`,
  'JSON that is not a message': (exchange) => `data: 5\n\ndata: null\n\ndata: {}\n\n${responseEvent(exchange)}`,
  'JSON that is not a message, after the response': (exchange) => `${responseEvent(exchange)}data: 5\n\ndata: {}\n\n`,
  'more events after the response': (exchange) =>
    `${responseEvent(exchange)}data: {"jsonrpc":"2.0","method":"notifications/late"}\n\ndata: half`,
  'the response twice': (exchange) => `${responseEvent(exchange)}${responseEvent(exchange)}`,
};
for (const [name, text] of Object.entries(readable)) {
  test(`the call resolves to the response in the stream: ${name}`, async (t) => {
    const { client } = await streaming(t, text);
    assert.deepEqual(await client.callTool('green'), RESULT);
  });
}

test('a stream may arrive byte by byte', async (t) => {
  const { client } = await connect(t, async (exchange) => {
    exchange.stream();
    const bytes = Buffer.from(`id: 1\ndata:\n\n${responseEvent(exchange, { text: 'grün 茶 😀' })}`);
    for (const byte of bytes) {
      exchange.response.write(Buffer.of(byte));
      await new Promise((turn) => setImmediate(turn));
    }
    exchange.response.end();
  });
  assert.deepEqual(await client.callTool('green'), { text: 'grün 茶 😀' });
});

test('JSON that is not a message does not end the stream', async (t) => {
  let receive;
  const received = new Promise((resume) => (receive = resume));
  const { client } = await connect(t, async (exchange) => {
    exchange.stream('data: {}\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n');
    await received;
    exchange.response.end(responseEvent(exchange));
  });
  client.setNotificationHandler('notifications/progress', receive);
  assert.deepEqual(await client.callTool('green'), RESULT);
});

test('the call resolves with the response, before the stream ends', async (t) => {
  const { client, server } = await connect(t, (exchange) => exchange.stream(responseEvent(exchange)));
  assert.deepEqual(await client.callTool('green'), RESULT);
  await server.until(() => server.sent('tools/call')[0].isCut);
});

test('the response to initialize may be a stream', async (t) => {
  const { client } = await connect(
    t,
    (exchange) => exchange.result(RESULT),
    {},
    {
      sessions: false,
      initialize: (exchange) => exchange.finish(initializeResult()),
    },
  );
  assert.deepEqual(await client.callTool('green'), RESULT);
  assert.deepEqual(client.getServerVersion(), { name: 'tea', version: '2.1' });
});

// Streams that reject the call.
const unusable = {
  'an empty stream': [() => '', 'NETWORK'],
  'half an event': [(exchange) => responseEvent(exchange).slice(0, -1), 'NETWORK'],
  'half of the text of an event': [(exchange) => responseEvent(exchange).slice(0, 30), 'NETWORK'],
  'the id as text': [({ body }) => `data: {"jsonrpc":"2.0","id":"${body.id}","result":1}\n\n`, 'NETWORK'],
  'a list without the response': [() => 'data: [{"jsonrpc":"2.0","id":999,"result":1},5]\n\n', 'NETWORK'],
  'a result without an id': [() => 'data: {"jsonrpc":"2.0","id":null,"result":1}\n\n', 'INVALID_RESPONSE'],
  'no version': [({ body }) => `data: {"id":${body.id},"result":1}\n\n`, 'INVALID_RESPONSE'],
  'result and error': [
    ({ body }) => `data: {"jsonrpc":"2.0","id":${body.id},"result":1,"error":{"code":1,"message":"x"}}\n\n`,
    'INVALID_RESPONSE',
  ],
  'an error': [({ body }) => `data: {"jsonrpc":"2.0","id":${body.id},"error":{"code":7,"message":"no"}}\n\n`, 7],
  'an error without an id': [
    () => 'data: {"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}\n\n',
    -32700,
  ],
};
for (const [name, [text, code]] of Object.entries(unusable)) {
  test(`the stream rejects the call: ${name}`, async (t) => {
    const { client, server } = await streaming(t, text);
    assert.equal((await rejection(client.callTool('green'))).code, code);
    assert.equal(server.sent('tools/call').length, 1, 'a call with a lost response is not sent again');
  });
}

// Bodies that are not streams.
const bodies = {
  HTML: ['text/html', '<!doctype html>', /is HTML or XML/],
  'truncated JSON': ['application/json', '{"jsonrpc":"2.0","id":', /broken or incomplete JSON/],
  'an empty body': ['application/json', '', /is empty/],
  'an empty body without a type': [undefined, '', /is empty/],
  'an event stream with another content type': ['text/plain', 'data: {}\n\n', /is an event stream, not JSON/],
};
for (const [name, [type, text, message]] of Object.entries(bodies)) {
  test(`an invalid response rejects the call: ${name}`, async (t) => {
    const { client } = await connect(t, ({ response }) =>
      response.writeHead(200, type && { 'content-type': type }).end(text),
    );
    const failure = await rejection(client.callTool('green'));
    assert.equal(failure.code, 'INVALID_RESPONSE');
    assert.match(failure.message, message);
  });
}

test('broken JSON in a stream goes to onerror', async (t) => {
  const { client } = await streaming(t, (exchange) => `data: {"half\n\n${responseEvent(exchange)}`);
  const errors = [];
  client.onerror = (error) => errors.push(error);
  await client.callTool('green');
  assert.deepEqual(
    errors.map(({ name }) => name),
    ['SyntaxError'],
  );
});

test('heartbeats that are no JSON are ignored', async (t) => {
  const beats = ['data: ping', 'event: ping\ndata: 2026-07-28 10:00:00', 'event: heartbeat\ndata: {}', 'data: "ping"'];
  const { client } = await streaming(t, (exchange) => `${beats.join('\n\n')}\n\n${responseEvent(exchange)}`);
  const errors = [];
  client.onerror = (error) => errors.push(error);
  assert.deepEqual(await client.callTool('green'), RESULT);
  assert.deepEqual(errors, []);
});

test('a connection that breaks in the middle of a stream rejects the call with NETWORK', async (t) => {
  const { client, server } = await connect(t, (exchange) => {
    exchange.event({ method: 'notifications/message', params: {} });
    exchange.response.write('data: {"half', () => exchange.response.destroy());
  });
  const failure = await rejection(client.callTool('green'));
  assert.equal(failure.code, 'NETWORK');
  assert.ok(failure.cause instanceof Error);
  assert.equal(server.sent('tools/call').length, 1);
});

test('a stream with only comments rejects the call with TIMEOUT', async (t) => {
  const { client, server } = await connect(t, (exchange) => {
    exchange.stream(': hello\n\n');
    const timer = setInterval(() => exchange.response.write(':\n\n'), 20);
    exchange.response.on('close', () => clearInterval(timer));
  });
  const failure = await rejection(client.callTool('green', {}, { timeout: 300 }));
  assert.equal(failure.code, 'TIMEOUT');
  await server.until(() => server.sent('tools/call')[0].isCut);
});

test('a broken stream is resumed after its last event and the time in retry', async (t) => {
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
        exchange.stream(`id: a-4\n${responseEvent({ body: { id: server.sent('tools/call')[0].body.id } })}`);
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

test('a stream that breaks 12 times is resumed as long as each part has an event', async (t) => {
  const { client, server } = await connect(
    t,
    (exchange) => exchange.response.end(exchange.stream('retry: 1\nid: 0\ndata:\n\n')),
    {},
    {
      GET: (exchange, times) => {
        const { id } = server.sent('tools/call')[0].body;
        const step = `id: ${times}\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n`;
        exchange.stream(times < 12 ? step : responseEvent({ body: { id } }));
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

test('the call rejects with NETWORK if the stream cannot be resumed or has no more events', async (t) => {
  const broken = (exchange) => exchange.response.end(exchange.stream('retry: 1\nid: 1\ndata:\n\n'));
  const { client, server } = await connect(t, broken);
  assert.equal((await rejection(client.callTool('green'))).code, 'NETWORK');
  assert.equal(server.sent('GET').length, 1);

  const empty = await connect(t, broken, {}, { GET: (exchange) => exchange.response.end(exchange.stream()) });
  assert.equal((await rejection(empty.client.callTool('green'))).code, 'NETWORK');
  const times = empty.server.sent('GET').length;
  assert.ok(times > 1 && times < 10, String(times));
});

test('a retry time longer than the timeout rejects the call with TIMEOUT', async (t) => {
  const { client, server } = await connect(t, (exchange) =>
    exchange.response.end(exchange.stream('retry: 60000\nid: 1\ndata:\n\n')),
  );
  assert.equal((await rejection(client.callTool('green', {}, { timeout: 100 }))).code, 'TIMEOUT');
  assert.deepEqual(server.sent('GET'), []);
});
