// Servers and report endpoints of another origin, with and without CORS.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage, otherOrigin, result } from '../harness.mjs';

const refuse = (body, response) => error(body, response, -32000, 'no');

export function origins(engine) {
  test('an endpoint of another origin works with CORS', async (t) => {
    const other = await otherOrigin(t, { cors: true, call: (body, response) => result(body, response, 'from another origin') });
    const { run } = await openPage(t, engine, {});
    const callOtherOrigin = (origin) => outcomeOf(new MCPClient(`${origin}/jsonrpc`).request('far'));
    assert.deepEqual(await run(callOtherOrigin, other.origin), { value: 'from another origin' });
  });

  test('an endpoint of another origin without CORS is a network failure, reported to the origin of the page', async (t) => {
    const other = await otherOrigin(t, { call: (body, response) => result(body, response, 'from another origin') });
    const { run, server } = await openPage(t, engine, {});
    const callOtherOrigin = (origin) => outcomeOf(new MCPClient(`${origin}/jsonrpc`, { reportErrors: true }).request('far'));
    const failure = await run(callOtherOrigin, other.origin);
    assert.deepEqual([failure.code, failure.cause], ['NETWORK', 'TypeError']);
    const [report] = await server.reported(1);
    assert.equal(report.class, 'network');
    assert.equal(report.context.endpoint, `${other.origin}/jsonrpc`);
  });

  test('a redirect is followed within the origin; another origin receives no headers and no parameters', async (t) => {
    const call = (body, response) => (body ? result(body, response, 'moved') : response.writeHead(400).end());
    const open = await otherOrigin(t, { cors: { 'access-control-allow-headers': '*' }, call });
    const closed = await otherOrigin(t, { call });
    const redirects = { '/same': '/moved', '/open': `${open.origin}/jsonrpc`, '/closed': `${closed.origin}/jsonrpc` };
    const { run, server } = await openPage(t, engine, { call, redirects });
    const callAll = async () => {
      const outcomes = [];
      for (const path of ['/same', '/open', '/closed']) {
        const client = new MCPClient(path, { headers: { 'x-api-key': 'k-1' } });
        outcomes.push(await outcomeOf(client.request('pay', { card: 'visa' })), await outcomeOf(client.request('pay')));
      }
      return outcomes;
    };
    const outcomes = await run(callAll);
    assert.deepEqual(outcomes.slice(0, 2), [{ value: 'moved' }, { value: 'moved' }]);
    for (const { code, message } of outcomes.slice(2)) {
      assert.equal(code, 'REDIRECT');
      assert.match(message, /which is not followed. If that is the server, make it the endpoint$/);
    }
    assert.ok(outcomes[2].message.includes(`${open.origin}/jsonrpc`), outcomes[2].message);
    assert.deepEqual(
      server.calls.filter(({ body }) => body).map(({ headers }) => headers['x-api-key']),
      ['k-1', 'k-1'],
    );
    for (const { body, headers } of [...open.calls, ...closed.calls]) {
      assert.deepEqual([body, headers['x-api-key']], [undefined, undefined]);
    }
  });

  test('a traceparent is sent as a header to the origin of the page only, because another needs a preflight', async (t) => {
    const other = await otherOrigin(t, { cors: true, call: refuse });
    const { run, server } = await openPage(t, engine, { call: refuse });
    const callBoth = async (origin) => {
      await outcomeOf(new MCPClient('/jsonrpc', { reportErrors: true }).request('near'));
      await outcomeOf(new MCPClient(`${origin}/jsonrpc`, { reportErrors: true }).request('far'));
    };
    await run(callBoth, other.origin);
    const reports = await server.reported(2);
    const traceOf = (method) => reports.find(({ rpc }) => rpc.method === method).trace;
    const { trace_id, span_id } = traceOf('near');
    assert.equal(server.calls[0].headers.traceparent, `00-${trace_id}-${span_id}-01`);
    assert.deepEqual([other.calls[0].headers.traceparent, traceOf('far')], [undefined, undefined]);
  });

  for (const cors of [true, false]) {
    const name = cors ? 'with CORS' : 'without CORS';
    test(`a report endpoint of another origin ${name} receives reports without a preflight`, async (t) => {
      const other = await otherOrigin(t, { cors });
      const { run, server } = await openPage(t, engine, { call: refuse });
      const codes = await run(async (origin) => {
        const options = { reportErrors: true, errorReportEndpoint: `${origin}/report-error` };
        const client = new MCPClient('/jsonrpc', options);
        return [(await outcomeOf(client.request('a'))).code, (await outcomeOf(client.request('b'))).code];
      }, other.origin);
      assert.deepEqual(codes, [-32000, -32000]);
      const [report] = await other.reported(1);
      assert.equal(report.rpc.method, 'a');
      assert.match(other.reports[0].type, /^text\/plain/);
      assert.ok(other.requests.every((request) => request === 'POST /report-error'), other.requests.join());
      assert.deepEqual(server.reports, []);
    });
  }
}
