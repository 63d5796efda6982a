// Calls that end early by a signal or a timeout, progress that extends the timeout, and the server's notice of it.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { connect, MCPError, rejection, result } from './harness.mjs';
import { connectLegacy, connectModern, initializeResult } from './mcp-server.mjs';
import { startServer } from './server.mjs';

const silent = { 'tools/call': () => {} };

test('an aborted call rejects with the reason of the abort, as fetch does, and its connection closes', async (t) => {
  let arrive;
  const arrived = new Promise((resume) => (arrive = resume));
  const { client } = await connect(t, (body, response) => arrive(response));
  const controller = new AbortController();
  const waiting = rejection(client.request('slow', {}, { signal: controller.signal }));
  const response = await arrived;
  const cut = new Promise((resume) => response.on('close', resume));
  const reason = new Error('changed my mind');
  controller.abort(reason);
  assert.equal(await waiting, reason);
  await cut;

  const plain = new AbortController();
  const again = rejection(client.request('slow', {}, { signal: plain.signal }));
  plain.abort();
  assert.deepEqual([(await again).name, (await again) instanceof MCPError], ['AbortError', false]);
});

test('a call with an already aborted signal sends nothing, not even a handshake', async (t) => {
  const plain = await connect(t, (body, response) => result(body, response, 1));
  const reason = new Error('too late');
  const options = { signal: AbortSignal.abort(reason) };
  assert.equal(await rejection(plain.client.request('a', {}, options)), reason);
  assert.equal(plain.server.calls.length, 0);
  for (const open of [connectLegacy, connectModern]) {
    const { client, server } = await open(t, silent);
    assert.equal(await rejection(client.callTool('green', {}, options)), reason);
    assert.deepEqual(server.log(), []);
  }
});

test('an abort during the handshake rejects only the aborted call', async (t) => {
  const script = { initialize: () => {}, sessions: false, 'tools/call': (exchange) => exchange.result({ ok: 1 }) };
  const { client, server } = await connectLegacy(t, script, { timeout: 1000 });
  const controller = new AbortController();
  const aborted = rejection(client.callTool('green', {}, { signal: controller.signal }));
  const other = client.callTool('black');
  other.catch(() => {}); // awaited below
  const handshake = await server.arrived('initialize');
  controller.abort(new Error('enough'));
  assert.equal((await aborted).message, 'enough');
  handshake.result(initializeResult());
  assert.deepEqual(await other, { ok: 1 });
  assert.equal(server.sent('tools/call').length, 1);
});

test('a call with a short timeout does not end the handshake of other calls', async (t) => {
  const script = { initialize: () => {}, sessions: false, 'tools/call': (exchange) => exchange.result({ ok: 1 }) };
  const { client, server } = await connectLegacy(t, script, { timeout: 2000 });
  const short = rejection(client.callTool('green', {}, { timeout: 100 }));
  const other = client.callTool('black');
  other.catch(() => {}); // awaited below
  const handshake = await server.arrived('initialize');
  assert.equal((await short).code, 'TIMEOUT');
  handshake.result(initializeResult());
  assert.deepEqual(await other, { ok: 1 });
});

test('an abort ends the wait before a retry', async (t) => {
  const controller = new AbortController();
  const { client, server } = await connect(t, (body, response) => {
    if (body.method === 'other') return result(body, response, 1);
    return response.writeHead(503, { 'retry-after': '20' }).end();
  });
  const waiting = rejection(client.request('busy', {}, { signal: controller.signal }));
  while (server.calls.length === 0) await client.request('other');
  await client.request('other'); // now the client has also read the first response
  controller.abort(new Error('enough'));
  assert.equal((await waiting).message, 'enough');
  assert.equal(server.calls.filter(({ body }) => body.method === 'busy').length, 1);
});

test('finished calls leave no listeners on a shared signal', async (t) => {
  const { client } = await connect(t, (body, response, number) =>
    number % 2 ? result(body, response, 1) : response.writeHead(500).end(),
  );
  const { signal } = new AbortController();
  for (let call = 0; call < 10; call += 1) await client.request('a', {}, { signal }).catch(() => {});
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an abort is not reported; a timeout is', async (t) => {
  const reports = await startServer(() => {});
  t.after(() => reports.close());
  const { client, server } = await connectLegacy(t, silent, { reportErrors: { endpoint: reports.reportTo } });
  const controller = new AbortController();
  const aborted = rejection(client.callTool('green', {}, { signal: controller.signal }));
  await server.arrived('tools/call');
  controller.abort();
  await aborted;
  await rejection(client.callTool('black', {}, { timeout: 250 }));
  assert.equal(await client.flush(2000), true);
  assert.deepEqual(
    reports.reports.map(({ report }) => [report.class, report.rpc.tool]),
    [['timeout', 'black']],
  );
});

test('legacy MCP: an abort or a timeout sends notifications/cancelled', async (t) => {
  const { client, server } = await connectLegacy(t, silent);
  const controller = new AbortController();
  const aborted = rejection(client.callTool('green', {}, { signal: controller.signal }));
  const call = await server.arrived('tools/call');
  controller.abort(new Error('changed my mind'));
  await aborted;
  const cancelled = await server.arrived('notifications/cancelled');
  assert.deepEqual(cancelled.body, {
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: call.body.id, reason: 'changed my mind' },
  });
  assert.equal(cancelled.headers['mcp-session-id'], 'session-1');

  assert.equal((await rejection(client.callTool('black', {}, { timeout: 250 }))).code, 'TIMEOUT');
  const timedOut = await server.arrived('notifications/cancelled', 2);
  assert.equal(timedOut.body.params.requestId, server.sent('tools/call')[1].body.id);
});

test('legacy MCP: an abort in the middle of a stream sends notifications/cancelled and resumes nothing', async (t) => {
  const { client, server } = await connectLegacy(t, {
    'tools/call': (exchange) => exchange.stream('id: 1\ndata:\n\n'),
  });
  const controller = new AbortController();
  const aborted = rejection(client.callTool('green', {}, { signal: controller.signal }));
  await server.arrived('tools/call');
  controller.abort();
  await aborted;
  await server.arrived('notifications/cancelled');
  assert.deepEqual(server.sent('GET'), [], 'the stream of an aborted call is not resumed');
});

test('a handshake that times out is not cancelled, because the protocol forbids it', async (t) => {
  const { client, server } = await connectLegacy(t, { initialize: () => {} }, { timeout: 250 });
  assert.equal((await rejection(client.ping())).code, 'TIMEOUT');
  await server.until(() => server.seen[0].isCut);
  assert.deepEqual(server.log(), ['initialize']);
});

test('modern MCP: an abort or a timeout closes the connection and sends nothing else', async (t) => {
  const { client, server } = await connectModern(t, { 'tools/call': (exchange) => exchange.stream(': working\n\n') });
  const controller = new AbortController();
  const aborted = rejection(client.callTool('green', {}, { signal: controller.signal }));
  await server.arrived('tools/call');
  controller.abort();
  await aborted;
  await server.until(() => server.sent('tools/call')[0].isCut);
  assert.equal((await rejection(client.callTool('black', {}, { timeout: 250 }))).code, 'TIMEOUT');
  await server.until(() => server.sent('tools/call')[1].isCut);
  assert.deepEqual(server.log(), ['server/discover', 'tools/call', 'tools/call']);
});

test('a response after the timeout does not affect the next call', async (t) => {
  const { client, server } = await connectLegacy(t, {
    'tools/call': (exchange, times) => times > 1 && exchange.result({ name: exchange.body.params.name }),
  });
  assert.equal((await rejection(client.callTool('green', {}, { timeout: 250 }))).code, 'TIMEOUT');
  const [late] = server.sent('tools/call');
  if (!late.isCut) late.result({ name: 'late' });
  assert.deepEqual(await client.callTool('black'), { name: 'black' });
});

/** A tool that sends progress notifications, each after `go(step)` has resolved. */
const working =
  (steps, go = () => {}) =>
  async (exchange) => {
    const { progressToken } = exchange.body.params._meta;
    for (let progress = 1; progress <= steps; progress += 1) {
      await go(progress);
      exchange.event({
        method: 'notifications/progress',
        params: { progressToken, progress, total: steps, message: exchange.body.params.name },
      });
    }
    exchange.finish({ token: typeof progressToken });
  };

test('onprogress receives only the progress of its own call', async (t) => {
  for (const open of [connectLegacy, connectModern]) {
    const { client, server } = await open(t, { 'tools/call': working(3) });
    const received = { green: [], black: [] };
    const call = (name) =>
      client.callTool(
        name,
        {},
        { onprogress: ({ progress, total, message }) => received[name].push([progress, total, message]) },
      );
    assert.match((await Promise.all(['green', 'black'].map(call)))[0].token, /^(string|number)$/);
    for (const name of ['green', 'black'])
      assert.deepEqual(
        received[name],
        [1, 2, 3].map((step) => [step, 3, name]),
      );
    const tokens = server.sent('tools/call').map(({ body }) => body.params._meta.progressToken);
    assert.equal(new Set(tokens).size, 2);
  }
});

test('onprogress also receives progress from the standalone stream', async (t) => {
  const { client, server } = await connectLegacy(t, { GET: (exchange) => exchange.stream(), 'tools/call': () => {} });
  client.setNotificationHandler('notifications/tools/list_changed', () => {});
  await client.connect();
  const standalone = await server.arrived('GET');
  const received = new Promise((resume) => client.callTool('green', {}, { onprogress: resume }).catch(() => {}));
  const { body } = await server.arrived('tools/call');
  standalone.event({
    method: 'notifications/progress',
    params: { progressToken: body.params._meta.progressToken, progress: 5 },
  });
  assert.equal((await received).progress, 5);
});

test('an onprogress that throws does not fail the call', async (t) => {
  const { client } = await connectLegacy(t, { 'tools/call': working(2) });
  const errors = [];
  client.onerror = (error) => errors.push(error.message);
  const onprogress = () => {
    throw new Error('mine');
  };
  assert.deepEqual(await client.callTool('green', {}, { onprogress }), { token: 'string' });
  assert.deepEqual(errors, ['mine', 'mine']);
});

test('progress restarts the timeout only with resetTimeoutOnProgress', async (t) => {
  const wait = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));
  const { client } = await connectLegacy(t, { 'tools/call': working(5, () => wait(150)) });
  const timeout = 500;
  const onprogress = () => {};
  assert.deepEqual(await client.callTool('green', {}, { timeout, onprogress, resetTimeoutOnProgress: true }), {
    token: 'string',
  });
  assert.equal((await rejection(client.callTool('green', {}, { timeout, onprogress }))).code, 'TIMEOUT');
});
