// Spooled reports: sent again with their ids and counts when the service accepts no reports.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { connectReporting, error, json, rejection } from './harness.mjs';
import { startServer } from './server.mjs';

const fail = ({ id, method }, response) => error({ id }, response, 1, method);
const refuse = (status, headers = {}) => (response) => response.writeHead(status, headers).end('{}');
/** Responds to the first reports with `first`, then accepts reports. */
const thenAccept = (first, times = 1) => (response, number) => number <= times && first(response);

for (const [name, first] of Object.entries({
  'HTTP 503 with Retry-After': refuse(503, { 'retry-after': '1' }),
  'HTTP 429 with Retry-After as a date': refuse(429, { 'retry-after': new Date(0).toUTCString() }),
})) {
  test(`a report is sent again with its id after ${name}`, { timeout: 20_000 }, async (t) => {
    const { client, server } = await connectReporting(t, fail);
    server.respondToReport = thenAccept(first);
    const began = performance.now();
    await rejection(client.request('a'));
    const [original, resent] = await server.reported(2);
    assert.ok(performance.now() - began >= 990);
    assert.deepEqual(resent, original);
    await new Promise((resume) => setTimeout(resume, 1500));
    assert.equal(server.reports.length, 2);
  });
}

test('a report is sent again after a lost connection and a wait of some seconds', { timeout: 20_000 }, async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.respondToReport = thenAccept((response) => response.destroy() && true);
  const began = performance.now();
  await rejection(client.request('a'));
  const [original, resent] = await server.reported(2);
  const waited = performance.now() - began;
  assert.ok(waited > 2_000 && waited < 10_000, String(waited));
  assert.deepEqual(resent, original);
});

test('failures during the pause are counted and sent after it, without another pause', { timeout: 20_000 }, async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.respondToReport = thenAccept(refuse(503, { 'retry-after': '1' }));
  await rejection(client.request('a'));
  await server.reported(1);
  await new Promise((resume) => setTimeout(resume, 200));
  for (let call = 0; call < 7; call += 1) await rejection(client.request('a'));
  await rejection(client.request('b'));
  const reports = await server.reported(4);
  assert.equal(reports[1].id, reports[0].id);
  assert.deepEqual(reports.map(({ rpc, count }) => [rpc.method, count]), [['a', undefined], ['a', undefined], ['a', 7], ['b', undefined]]);
  assert.ok(Date.parse(reports[2].first_seen) < Date.parse(reports[2].last_seen));
});

test('while the service refuses reports, only one request at a time is sent', { timeout: 20_000 }, async (t) => {
  const { client, server } = await connectReporting(t, (body, response) =>
    json(response, body.map(({ id, method }) => ({ jsonrpc: '2.0', id, error: { code: 1, message: method } }))));
  server.respondToReport = thenAccept(refuse(503, { 'retry-after': '1' }), 2);
  await client.batch(['a', 'b', 'c'].map((method) => ({ method })));
  await server.reported(9);
  const ids = server.reports.map(({ report, post }) => [post, report.id]);
  const first = ids.slice(0, 3).map(([, id]) => id);
  assert.equal(new Set(first).size, 3);
  assert.deepEqual(ids, [1, 2, 3].flatMap((post) => first.map((id) => [post, id])));
});

test('a service that never responds occupies one connection and delays no call', { timeout: 20_000 }, async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.respondToReport = () => true;
  for (const method of 'abcdefghijkl') await rejection(client.request(method));
  await server.reported(1);
  for (const method of 'mnopq') await rejection(client.request(method));
  assert.equal(server.reports.length, 1);
  assert.equal(await client.flush(50), false);
});

test('a report is dropped after a response with a permanent error', async (t) => {
  for (const status of [400, 401, 403, 413, 422, 500]) {
    const { client, server } = await connectReporting(t, fail);
    server.respondToReport = thenAccept(refuse(status, { 'retry-after': '0' }));
    await rejection(client.request('a'));
    await server.reported(1);
    await rejection(client.request('b'));
    const [, next] = await server.reported(2);
    assert.equal(next.rpc.method, 'b');
  }
});

test('spooled reports do not keep a program running', { timeout: 20_000 }, async (t) => {
  const server = await startServer(fail);
  t.after(() => server.close());
  server.respondToReport = refuse(503, { 'retry-after': '600' });
  const program = `
    import { MCPClient } from '${new URL('../dist/mcp-autoheal.js', import.meta.url)}';
    const client = new MCPClient('${server.endpoint}', { reportErrors: true, errorReportEndpoint: '${server.reportTo}' });
    await client.ping().catch(() => {});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  t.after(() => child.kill());
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(server.reports.length, 1);
});

test('flush resolves to false if the reports were not delivered in time', { timeout: 20_000 }, async (t) => {
  const server = await startServer(fail);
  t.after(() => server.close());
  server.respondToReport = refuse(503, { 'retry-after': '600' });
  const program = `
    import { MCPClient } from '${new URL('../dist/mcp-autoheal.js', import.meta.url)}';
    const client = new MCPClient('${server.endpoint}', { reportErrors: true, errorReportEndpoint: '${server.reportTo}' });
    await client.ping().catch(() => {});
    process.exitCode = (await client.flush(500)) === false ? 7 : 1;`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  t.after(() => child.kill());
  assert.deepEqual(await once(child, 'exit'), [7, null]);
});

test('throttled reports are sent at the end of the minute', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  const timers = [];
  const { setTimeout: real } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (action, wait, ...rest) =>
    wait > 30_000 ? timers.push({ action, wait }) : real(action, wait, ...rest));
  for (let number = 1; number <= 29; number += 1) {
    await rejection(client.request('repeated'));
    await server.reported(number);
  }
  for (let call = 0; call < 20; call += 1) await rejection(client.request('repeated'));
  while (!timers.some(({ wait }) => wait < 60_000)) await new Promise((resume) => real(resume, 10));
  assert.equal(server.reports.length, 29);
  const { action, wait } = timers.at(-1);
  assert.ok(wait <= 60_000, String(wait));
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 });
  action();
  assert.equal((await server.reported(30))[29].count, 20);
});

const page = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Log in</title>');
const redirect = (response) => response.writeHead(302, { location: '/jsonrpc' }).end();
/** Responses that say that the service itself was not reached. */
const unreached = {
  'HTTP 520': refuse(520),
  'HTTP 522': refuse(522),
  'HTTP 524': refuse(524),
  'HTTP 530': refuse(530),
  'a start page': page,
  'a redirect to a login page': redirect,
  'an empty response': (response) => response.writeHead(204).end(),
  'a JSON object': (response) => response.writeHead(200).end('{"ok":true}'),
};
for (const [name, first] of Object.entries(unreached)) {
  test(`a report is kept and sent again after ${name}`, async (t) => {
    const { client, server } = await connectReporting(t, (body, response) => (body ? fail(body, response) : page(response)));
    const said = [];
    t.mock.method(console, 'warn', (text) => said.push(text));
    server.respondToReport = thenAccept(first);
    await rejection(client.request('a'));
    await server.reported(1);
    assert.equal(await client.flush(100), false);
    if (!name.startsWith('HTTP')) assert.match(said.join(), /^MCPClient: http.*\/report-error did not accept reports: [^,]*$/);
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 10_000 });
    assert.equal(await client.flush(3000), true);
    const [original, resent] = await server.reported(2);
    assert.deepEqual(resent, original);
  });
}

const refusals = {
  'HTTP 400': refuse(400),
  'HTTP 401': refuse(401),
  'HTTP 403': refuse(403),
  'HTTP 404': refuse(404),
  'HTTP 500': refuse(500),
  'HTTP 507': refuse(507),
  'a rejected receipt': (response) => response.writeHead(202).end('[{"status":"rejected","reason":"too often"}]'),
};
for (const [name, refusal] of Object.entries(refusals)) {
  test(`a report that is given up is said by flush, and once in the console: ${name}`, async (t) => {
    const { client, server } = await connectReporting(t, fail);
    const said = [];
    t.mock.method(console, 'warn', (text) => said.push(text));
    server.respondToReport = thenAccept(refusal, 2);
    for (const method of ['a', 'b']) {
      await rejection(client.request(method));
      assert.equal(await client.flush(), false);
    }
    assert.equal(said.length, 1);
    assert.match(said[0], name.startsWith('HTTP') ? new RegExp(`: ${name}$`) : /: too often$/);
    await rejection(client.request('c'));
    assert.equal(await client.flush(), true);
    assert.equal(server.reports.length, 3);
  });
}
