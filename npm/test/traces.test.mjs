// The trace of a call: in its request, and in the report of its failure.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, connectReporting, error, rejection, result } from './harness.mjs';
import { connectLegacy, connectModern } from './mcp-server.mjs';
import { startServer } from './server.mjs';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/;
const OF_PAGE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const traceparentOf = ({ trace_id, span_id }) => `00-${trace_id}-${span_id}-01`;

for (const [era, connectEra] of [
  ['legacy', connectLegacy],
  ['modern', connectModern],
]) {
  test(`a ${era} call has its traceparent in _meta, beside its arguments, and its report the same trace`, async (t) => {
    const service = await startServer(() => {});
    t.after(() => service.close());
    const script = { 'tools/call': (exchange) => exchange.error(-32603, `${exchange.body.params.name} broke`) };
    const { client, server } = await connectEra(t, script, { reportErrors: { endpoint: service.reportTo } });
    const args = { cups: 2 };
    await rejection(client.callTool('green', args));
    await rejection(client.callTool('black', args));
    const _meta = { traceparent: OF_PAGE, a: 1 };
    await rejection(client.request('tools/call', { name: 'own', arguments: args, _meta }));
    const sent = server.sent('tools/call').map(({ body }) => body.params);
    for (const params of sent) assert.deepEqual(params.arguments, { cups: 2 });
    const [first, second, own] = sent.map(({ _meta }) => _meta.traceparent);
    assert.match(first, TRACEPARENT);
    assert.match(second, TRACEPARENT);
    assert.notEqual(first.slice(0, 35), second.slice(0, 35));
    assert.equal(own, OF_PAGE, 'a trace of the page stays');
    assert.equal(sent[2]._meta.a, 1);
    assert.deepEqual(args, { cups: 2 });
    const reports = (await service.reported(3)).map((report) => [report.rpc.tool, traceparentOf(report.trace)]);
    assert.deepEqual(Object.fromEntries(reports), { green: first, black: second, own });
    for (const { headers } of server.seen) assert.equal(headers?.traceparent, undefined);
  });
}

test('a retry is the same call', async (t) => {
  const service = await startServer(() => {});
  t.after(() => service.close());
  const script = { 'tools/call': ({ response }) => response.writeHead(503).end() };
  const options = { retries: 1, reportErrors: { endpoint: service.reportTo } };
  const { client, server } = await connectLegacy(t, script, options);
  await rejection(client.callTool('green'));
  const sent = server.sent('tools/call').map(({ body }) => body.params._meta.traceparent);
  assert.equal(sent.length, 2);
  const [report] = await service.reported(1);
  assert.deepEqual([...new Set(sent)], [traceparentOf(report.trace)]);
});

test('plain JSON-RPC has the traceparent in a header, and the parameters are sent as they are', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no tea'));
  await rejection(client.request('brew', [1, 2]));
  await rejection(client.request('pour', { cups: 2 }, { headers: { traceparent: OF_PAGE } }));
  const [brew, pour] = server.calls;
  assert.match(brew.headers.traceparent, TRACEPARENT);
  assert.equal(pour.headers.traceparent, OF_PAGE);
  assert.deepEqual([brew.body.params, pour.body.params], [[1, 2], { cups: 2 }]);
  const traces = (await server.reported(2)).map(({ rpc, trace }) => [rpc.method, traceparentOf(trace)]);
  assert.deepEqual(Object.fromEntries(traces), { brew: brew.headers.traceparent, pour: OF_PAGE });
});

test('a traceparent of another form reaches no report', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no tea'));
  await rejection(client.request('brew', { _meta: { traceparent: 'mine' } }));
  const [report] = await server.reported(1);
  assert.equal(report.trace, undefined);
});

test('no call of a page of another origin has the header, which would need a preflight', async (t) => {
  t.after(() => delete globalThis.location);
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no tea'));
  await client.ready;
  globalThis.location = new URL('https://shop.example/');
  await rejection(client.request('brew'));
  delete globalThis.location;
  assert.equal(server.calls[0].headers.traceparent, undefined);
  const [report] = await server.reported(1);
  assert.equal(report.trace, undefined);
});

test('without reporting, no call has a trace', async (t) => {
  const plain = await connect(t, (body, response) => result(body, response, 1));
  await plain.client.request('brew');
  assert.equal(plain.server.calls[0].headers.traceparent, undefined);
  const mcp = await connectLegacy(t, { 'tools/call': (exchange) => exchange.result({ content: [] }) });
  await mcp.client.callTool('green');
  assert.equal(mcp.server.sent('tools/call')[0].body.params._meta, undefined);
});
