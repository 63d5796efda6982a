// Subscriptions to notifications, which last as long as their handlers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectLegacy, connectModern } from './mcp-server.mjs';

const CHANGED = 'notifications/tools/list_changed';
const change = (exchange) => exchange.event({ method: CHANGED });

/** Sets a handler and connects. `heard(count)` resolves at the notification of that number. */
async function subscribe({ client }) {
  const errors = [];
  const waiters = [];
  let count = 0;
  client.onerror = (error) => errors.push(error);
  client.setNotificationHandler(CHANGED, () => {
    count += 1;
    waiters.splice(0).forEach((wake) => wake());
  });
  await client.connect();
  const heard = async (times) => {
    while (count < times) await new Promise((wake) => waiters.push(wake));
  };
  return { errors, heard };
}

// Ends of a stream without ids, which cannot be resumed.
const ends = {
  'the server ends it': (exchange) => exchange.response.end(exchange.stream()),
  'the connection is cut': (exchange) => {
    exchange.stream();
    exchange.response.write(': hello\n\n', () => exchange.response.destroy());
  },
  'the connection is cut after a notification': (exchange) => {
    exchange.stream();
    exchange.response.write(`data: {"jsonrpc":"2.0","method":"notifications/other"}\n\n`, () => exchange.response.destroy());
  },
};
test('a stream that ends is opened again, without an error for a legacy one', async (t) => {
  const endings = Object.entries(ends).flatMap(([name, end]) => {
    const respond = (exchange, times) => (times === 1 ? end(exchange) : change(exchange));
    return [
      [`legacy: ${name}`, connectLegacy(t, { GET: respond }), 0],
      [`modern: ${name}`, connectModern(t, { 'subscriptions/listen': respond }), 1],
    ];
  });
  await Promise.all(
    endings.map(async ([name, connection, maxErrors]) => {
      const { errors, heard } = await subscribe(await connection);
      await heard(1);
      assert.ok(errors.length <= maxErrors, name);
    }),
  );
});

test('a stream that is refused for now is requested again, and the error goes to onerror once', async (t) => {
  const statuses = [401, 408, 409, 425, 429, 500, 502, 503, 522];
  await Promise.all(
    statuses.map(async (status) => {
      const GET = (exchange, times) => (times === 1 ? exchange.response.writeHead(status).end() : change(exchange));
      const { errors, heard } = await subscribe(await connectLegacy(t, { GET }));
      await heard(1);
      assert.deepEqual(
        errors.map(({ code }) => code),
        [`HTTP_${status}`],
      );
    }),
  );
});

test('a subscription that works again is repeated any number of times', async (t) => {
  const cut = (exchange, times) => {
    change(exchange);
    if (times < 4) exchange.response.end();
  };
  const legacy = await subscribe(await connectLegacy(t, { GET: cut }));
  const modern = await subscribe(await connectModern(t, { 'subscriptions/listen': cut }));
  const began = performance.now();
  await Promise.all([legacy.heard(4), modern.heard(4)]);
  assert.ok(performance.now() - began < 4000, 'the waits do not grow after a success');
});

// Refusals of a server that offers no stream.
const refusals = {
  'HTTP 400': ({ response }) => response.writeHead(400).end(),
  'HTTP 404': ({ response }) => response.writeHead(404).end(),
  'HTTP 405': ({ response }) => response.writeHead(405).end(),
  'HTTP 501': ({ response }) => response.writeHead(501).end(),
  HTML: ({ response }) => response.end('<p>hello'),
};
for (const [name, refuse] of Object.entries(refusals)) {
  test(`a server without a stream causes no error and is not asked again: ${name}`, async (t) => {
    const connection = await connectLegacy(t, { GET: refuse });
    const timers = t.mock.method(globalThis, 'setTimeout');
    const { errors } = await subscribe(connection);
    await connection.server.until(() => connection.server.sent('GET')[0]?.response.writableFinished);
    await connection.client.ping();
    const waits = timers.mock.calls.map(({ arguments: [, milliseconds] }) => milliseconds);
    assert.deepEqual(waits.filter((wait) => wait > 300 && wait < 2000), []);
    assert.deepEqual(errors, []);
  });
}

// Refusals of the stream of a session that the server has lost, as after a restart.
test('a session that was lost while listening is opened again', async (t) => {
  await Promise.all(
    [400, 404, 410].map(async (status) => {
      const lost = (exchange) => exchange.error(-32000, 'No valid session ID provided', { status, id: null });
      const connection = await connectLegacy(t, { lost, GET: change });
      const { server } = connection;
      const { heard } = await subscribe(connection);
      await heard(1);
      server.session += 1;
      server.sent('GET')[0].response.end();
      await heard(2);
      assert.deepEqual(server.log().slice(3), ['GET', 'initialize', 'notifications/initialized', 'GET'], String(status));
    }),
  );
});

test('a subscription ends with its last handler', async (t) => {
  for (const [connect, name] of [[connectLegacy, 'GET'], [connectModern, 'subscriptions/listen']]) {
    const connection = await connect(t, { [name]: change });
    const { heard } = await subscribe(connection);
    await heard(1);
    connection.client.setNotificationHandler(CHANGED, undefined);
    await connection.server.until(() => connection.server.sent(name)[0].isCut);
  }
});
