// Reports: without secrets, independent of calls, with exact counts, and sent before the page closes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage, result } from '../harness.mjs';

const SECRET = 'hunter2hunter2';
const HTML = { 'content-type': 'text/html' };
const refuse = (body, response) => error(body, response, -32000, body.method);

/** The number of failures in the reports. A report received twice counts once, as in the service. */
function failuresIn(reports) {
  const counts = new Map(reports.map(({ id, count = 1 }) => [id, count]));
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Faults of a report endpoint, with the maximum number of requests while ten calls fail. */
const faults = {
  'closes all connections': { report: (response) => response.destroy(), max: 1 },
  'never responds': { report() {}, max: 1 },
  'responds with 429': { report: (response) => response.writeHead(429, { 'retry-after': '600' }).end(), max: 1 },
  'responds with 500 and HTML': { report: (response) => response.writeHead(500, HTML).end('<h1>oops'), max: 10 },
};

export function reports(engine) {
  test('reports contain no secrets from parameters, headers and URLs', async (t) => {
    const call = (body, response) => error(body, response, -32000, `no such token=${body.params.arguments.token}`);
    const search = `?token=${SECRET}&page=7#access_token=${SECRET}`;
    const { run, server } = await openPage(t, engine, { call }, { search });
    const failure = await run(async (secret) => {
      const headers = { authorization: `Bearer ${secret}` };
      const client = new MCPClient(`/jsonrpc?api_key=${secret}`, { reportErrors: true, headers });
      const url = `https://anna:${secret}@shop.example/?token=${secret}`;
      const nested = [{ password: secret }];
      return outcomeOf(client.callTool('login', { token: secret, nested, url, user: 'anna@example.org' }));
    }, SECRET);
    assert.equal(failure.message, `no such token=${SECRET}`, 'the page receives the complete message');
    const [report] = await server.reported(1);
    const text = server.reportTexts().join();
    for (const hidden of [SECRET, 'anna']) assert.ok(!text.includes(hidden), `${hidden} in ${text}`);
    assert.ok(report.context.url.startsWith(`${server.origin}/?`), 'the rest of the URL remains');
    assert.match(report.context.url, /page=7/);
  });

  for (const [name, { report, max }] of Object.entries(faults)) {
    test(`a report endpoint that ${name} does not affect calls`, async (t) => {
      const succeed = (body, response) => result(body, response, 'done');
      const call = (body, response) => (body.method === 'fine' ? succeed : refuse)(body, response);
      const { run, server } = await openPage(t, engine, { call, report });
      const outcomes = await run(async () => {
        const client = new MCPClient('/jsonrpc', { reportErrors: true, timeout: 5_000 });
        const outcomes = [];
        // More than the connections of a browser to one server: reports must not occupy all of them.
        for (let number = 0; number < 10; number += 1) {
          outcomes.push((await outcomeOf(client.request(`broken_${String.fromCharCode(97 + number)}`))).code);
          await new Promise((resume) => setTimeout(resume)); // sends the report
        }
        outcomes.push((await outcomeOf(client.request('fine'))).value);
        return outcomes;
      });
      assert.deepEqual(outcomes, [...Array(10).fill(-32000), 'done']);
      await server.reported(1);
      // Chromium repeats requests with a broken connection by itself.
      const requests = new Set(server.reportTexts()).size;
      assert.ok(requests <= max, `${requests} requests`);
    });
  }

  test('repeated failures become few reports with exact counts, also when the page closes', async (t) => {
    const { run, server, leave } = await openPage(t, engine, { call: refuse });
    await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const calls = Array.from({ length: 200 }, () => outcomeOf(client.request('repeated')));
      await Promise.all(calls);
      await outcomeOf(client.request('other'));
    });
    await leave();
    const all = await server.reported((reports) => failuresIn(reports) >= 201);
    assert.equal(failuresIn(all), 201);
    assert.equal(failuresIn(all.filter(({ rpc }) => rpc.method === 'other')), 1);
    assert.ok(server.reports.length <= 31, `${server.reports.length} requests`);
  });

  test('reports larger than the limit of a closing page are all sent once', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    const methods = [...'abcdefghij'].map((letter) => `big_${letter}`);
    await run(async (methods) => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const texts = Array.from({ length: 100 }, () => 'lorem ipsum '.repeat(80));
      await Promise.all(methods.map((method) => outcomeOf(client.request(method, { texts }))));
    }, methods);
    const all = await server.reported(methods.length);
    assert.deepEqual(all.map(({ rpc }) => rpc.method).sort(), methods);
    assert.equal(new Set(all.map(({ id }) => id)).size, methods.length);
    const size = server.reportTexts().join('').length;
    assert.ok(size > 65_536, `${size} bytes are within the limit of a closing page`);
  });
}
