// Reports of failures: their content, their limits, and their independence from the calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectReporting, error, json, MCPClient, rejection, result } from './harness.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('the report of an application error has all fields', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, -32000, 'no discount', { type: 'TypeError' }));
  async function checkOut() {
    return client.callTool('total_price', { items: [{ sku: 'POT-2' }] });
  }
  await rejection(checkOut());
  const [report] = await server.reported(1);

  const params = { name: 'total_price', arguments: { items: [{ sku: 'POT-2' }] } };
  assert.equal(report.error_type, 'MCPError');
  assert.equal(report.error_message, 'no discount');
  const [heading, first] = report.stack_trace.split('\n');
  assert.equal(heading, 'MCPError: no discount');
  assert.match(first, /^ {4}at .*checkOut.*reports\.test\.mjs:\d+:\d+/);
  assert.equal(report.schema, 1);
  assert.match(report.id, UUID);
  assert.equal(report.source, 'javascript_sdk');
  assert.equal(report.class, 'application');
  assert.match(report.client, /^[0-9a-f]{32}$/);
  const { duration_ms, id, ...rpc } = report.rpc;
  assert.equal(id, server.calls[0].body.id);
  assert.ok(duration_ms > 0);
  assert.deepEqual(rpc, { method: 'tools/call', tool: 'total_price', code: -32000, params, transport: 'http' });
  const { timestamp, ...context } = report.context;
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 10_000);
  assert.deepEqual(context, { method: 'tools/call', params, endpoint: server.endpoint, data: { type: 'TypeError' } });
  assert.equal(server.reports[0].headers['content-type'], 'application/json');
});

test('each kind of failure is reported with its class', async (t) => {
  const responses = [
    (body, response) => error(body, response, 5, 'mine'),
    (body, response) => error(body, response, -32601, 'no such method'),
    (body, response) => response.end('<html>'),
    (body, response) => response.writeHead(500).end(),
    (body, response) => response.destroy(),
    () => {},
    (body, response) => result(body, response, { isError: true, content: [{ type: 'text', text: 'no tea' }, { type: 'image' }] }),
  ];
  const { client, server } = await connectReporting(t, (body, response) => responses[body.params.arguments.number](body, response));
  const silent = 5;
  for (const number of responses.keys()) await client.callTool('tea', { number }, { timeout: number === silent ? 100 : 30_000 }).catch(() => {});
  const reports = await server.reported(responses.length);
  assert.deepEqual(
    reports.map(({ error_type, class: kind, rpc }) => [error_type, kind, rpc.code]),
    [
      ['MCPError', 'application', 5],
      ['MCPError', 'protocol', -32601],
      ['MCPError', 'protocol', undefined],
      ['MCPError', 'http', 500],
      ['MCPError', 'network', undefined],
      ['MCPError', 'timeout', undefined],
      ['MCPToolError', 'tool_failure', undefined],
    ],
  );
  assert.equal(reports[2].context.answer, '<html>');
  assert.equal(reports[4].causes[0].error_type, 'TypeError');
  assert.equal(reports[6].error_message, 'no tea');
});

test('reports contain no secrets', async (t) => {
  const secret = 'hunter2hunter2';
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
  const { client, server } = await connectReporting(
    t,
    (body, response) => error(body, response, 1, `cannot log in with Bearer ${jwt}`, { password: secret }),
    { headers: { authorization: `Bearer ${secret}` } },
  );
  await rejection(client.callTool('login', { user: 'anna@example.org', password: secret, nested: [{ api_key: { deep: secret } }], url: `https://u:${secret}@example.org/?token=${secret}` }));
  await server.reported(1);
  const [{ text, report }] = server.reports;
  for (const hidden of [secret, jwt, 'anna@']) assert.equal(text.includes(hidden), false, `${hidden} in ${text}`);
  assert.equal(report.rpc.params.arguments.password, '<secret>');
  assert.deepEqual(report.rpc.params.arguments.nested, [{ api_key: '<secret>' }]);
});

test('a card number is removed even if it is a JSON number', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'declined', { card: 4111111111111111 }));
  await rejection(client.callTool('pay', { no: 4111111111111111, cents: 1299, at: 1763798400000 }));
  await server.reported(1);
  const [{ text, report }] = server.reports;
  // Long enough that no port, id or timestamp contains it by chance.
  assert.equal(text.includes('4111111111'), false, text);
  assert.deepEqual(report.rpc.params.arguments, { no: '<card>', cents: 1299, at: 1763798400000 });
});

test('reports contain no secrets from the endpoint', async (t) => {
  const { server } = await connectReporting(t, (body, response) => response.writeHead(500).end());
  const endpoint = `${server.endpoint}?token=hunter2hunter2#part`;
  const client = new MCPClient(endpoint, { reportErrors: true, errorReportEndpoint: server.reportTo });
  await rejection(client.ping());
  await server.reported(1);
  assert.equal(server.reports[0].text.includes('hunter2'), false, server.reports[0].text);
});

test('the report of a call with huge parameters is small', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no'));
  await rejection(client.request('many', { texts: Array.from({ length: 200 }, () => 'x'.repeat(1000)) }));
  await rejection(client.request('huge', { text: 'x'.repeat(300_000) }));
  await server.reported(2);
  for (const { text } of server.reports) assert.ok(text.length < 30_000, String(text.length));
});

test('a call rejects before its report is sent, also if the service cannot be reached', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no'));
  await rejection(client.request('a'));
  assert.equal(server.reports.length, 0);
  const lost = new MCPClient(server.endpoint, { reportErrors: true, errorReportEndpoint: 'http://127.0.0.1:1/' });
  assert.equal((await rejection(lost.request('b'))).code, 1);
  const invalid = new MCPClient(server.endpoint, { reportErrors: true, errorReportEndpoint: 'not an address' });
  assert.equal((await rejection(invalid.request('c'))).code, 1);
  await server.reported(1);
});

test('failures are reported only with reportErrors, and successful calls never', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => {
    if (body.method === 'fail') error(body, response, 1, 'no');
    else result(body, response, { isError: false });
  });
  const silent = new MCPClient(server.endpoint);
  await rejection(silent.request('fail'));
  await client.callTool('fine');
  await rejection(client.request('fail'));
  await server.reported(1);
  assert.equal(server.reports.length, 1);
});

test('invalid parameters are not reported', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'no'));
  await rejection(client.request('a', { big: 1n }));
  await rejection(client.request('b'));
  const [report] = await server.reported(1);
  assert.equal(report.rpc.method, 'b');
});

test('each failed call of a batch is reported', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) =>
    json(response, [{ jsonrpc: '2.0', id: body[0].id, error: { code: 3, message: 'first' } }, { jsonrpc: '2.0', id: body[2].id, result: 1 }]));
  await client.batch([{ method: 'a' }, { method: 'b' }, { method: 'c' }]);
  const reports = await server.reported(2);
  assert.deepEqual(reports.map(({ rpc, class: kind }) => [rpc.method, kind]), [['a', 'application'], ['b', 'protocol']]);
});

test('300 failures send at most 30 requests a minute, and all are counted', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, 'repeated'));
  for (let call = 0; call < 300; call += 1) await rejection(client.request('repeated'));
  const began = performance.now();
  assert.equal(await client.flush(5000), true);
  assert.ok(performance.now() - began < 5000);
  const posts = server.reports.at(-1).post;
  assert.ok(posts <= 30, String(posts));
  const counted = server.reports.reduce((sum, { report }) => sum + (report.count ?? 1), 0);
  assert.equal(counted, 300);
  const folded = server.reports.map(({ report }) => report).find(({ count }) => count > 1);
  assert.ok(Date.parse(folded.first_seen) <= Date.parse(folded.last_seen));
});

test('pending reports are sent together, equal ones as one report with a count', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, body.method));
  server.respondToReport = (response, post) => {
    // The response to the first is sent after all other calls have failed.
    if (post > 1) return false;
    Promise.all(['b', 'b', 'c', 'b'].map((method) => rejection(client.request(method)))).then(() => response.writeHead(202).end('[]'));
    return true;
  };
  await rejection(client.request('a'));
  const reports = await server.reported(3);
  assert.deepEqual(reports.map(({ rpc, count }) => [rpc.method, count]), [['a', undefined], ['b', 3], ['c', undefined]]);
  assert.deepEqual(server.reports.map(({ post }) => post), [1, 2, 2]);
});

test('maxPerMinute limits the requests a minute', async (t) => {
  const { client, server } = await connectReporting(t, (body, response) => error(body, response, 1, body.method));
  const few = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, maxPerMinute: 2 } });
  for (const method of ['a', 'b', 'c']) {
    await rejection(few.request(method));
    if (method === 'a') await server.reported(1);
  }
  // The report of another client is sent after those that the first client may still send.
  await rejection(client.request('other'));
  await server.reported(2);
  assert.deepEqual(server.reports.map(({ report }) => report.rpc.method), ['a', 'other']);
  assert.equal(await few.flush(5000), true);
  assert.deepEqual(server.reports.slice(2).map(({ report, post }) => [report.rpc.method, post]), [['b', 3], ['c', 3]]);
});
