// Reports on their way: without secrets, never in the way of a call, with exact counts, and before the page is gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage, result } from '../harness.mjs';

const SECRET = 'hunter2hunter2';
const HTML = { 'content-type': 'text/html' };
const refuse = (body, response) => error(body, response, -32000, body.method);

/** How many failures the reports tell of; one that came twice counts once, as it does in the service. */
function failuresIn(reports) {
  const counts = new Map(reports.map(({ id, count = 1 }) => [id, count]));
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** What a report endpoint may do instead of its work, and how often it is asked while ten calls fail. */
const troubles = {
  'cuts every connection': { report: (response) => response.destroy(), most: 1 },
  'never answers': { report() {}, most: 1 },
  'answers 429': { report: (response) => response.writeHead(429, { 'retry-after': '600' }).end(), most: 1 },
  'answers 500 with HTML': { report: (response) => response.writeHead(500, HTML).end('<h1>oops'), most: 10 },
};

export function reports(engine) {
  test('secrets in parameters, headers and addresses are in no report', async (t) => {
    const call = (body, response) => error(body, response, -32000, `no such token=${body.params.arguments.token}`);
    const search = `?token=${SECRET}&page=7#access_token=${SECRET}`;
    const { run, server } = await openPage(t, engine, { call }, { search });
    const failure = await run(async (secret) => {
      const headers = { authorization: `Bearer ${secret}` };
      const client = new MCPClient(`/jsonrpc?api_key=${secret}`, { reportErrors: true, headers });
      const url = `https://anna:${secret}@shop.example/?token=${secret}`;
      const nested = [{ password: secret }];
      return told(client.callTool('login', { token: secret, nested, url, user: 'anna@example.org' }));
    }, SECRET);
    assert.equal(failure.message, `no such token=${SECRET}`, 'the page itself is told everything');
    const [report] = await server.reported(1);
    const text = server.reportTexts().join();
    for (const hidden of [SECRET, 'anna']) assert.ok(!text.includes(hidden), `${hidden} in ${text}`);
    assert.ok(report.context.url.startsWith(`${server.origin}/?`), 'the rest of the address stays');
    assert.match(report.context.url, /page=7/);
  });

  for (const [name, { report, most }] of Object.entries(troubles)) {
    test(`a report endpoint that ${name} does not disturb calls`, async (t) => {
      const fine = (body, response) => result(body, response, 'well');
      const call = (body, response) => (body.method === 'fine' ? fine : refuse)(body, response);
      const { run, server } = await openPage(t, engine, { call, report });
      const outcomes = await run(async () => {
        const client = new MCPClient('/jsonrpc', { reportErrors: true, timeout: 5_000 });
        const seen = [];
        // More than a browser keeps connections to one server: reports must not use up all of them.
        for (let number = 0; number < 10; number += 1) {
          seen.push((await told(client.request(`broken_${String.fromCharCode(97 + number)}`))).code);
          await new Promise((resume) => setTimeout(resume)); // the report leaves
        }
        seen.push((await told(client.request('fine'))).value);
        return seen;
      });
      assert.deepEqual(outcomes, [...Array(10).fill(-32000), 'well']);
      await server.reported(1);
      // Chromium sends again by itself what was cut off.
      const requests = new Set(server.reportTexts()).size;
      assert.ok(requests <= most, `${requests} requests`);
    });
  }

  test('a storm of failures is folded; with what leaves as the page goes, the counts are exact', async (t) => {
    const { run, server, leave } = await openPage(t, engine, { call: refuse });
    await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const storm = Array.from({ length: 200 }, () => told(client.request('storm')));
      await Promise.all(storm);
      await told(client.request('other'));
    });
    await leave();
    const all = await server.reported((reports) => failuresIn(reports) >= 201);
    assert.equal(failuresIn(all), 201);
    assert.equal(failuresIn(all.filter(({ rpc }) => rpc.method === 'other')), 1);
    assert.ok(server.reports.length <= 31, `${server.reports.length} requests for one storm`);
  });

  test('reports too big for one page that goes are still all sent, each once', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    const methods = [...'abcdefghij'].map((letter) => `big_${letter}`);
    await run(async (methods) => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const texts = Array.from({ length: 100 }, () => 'lorem ipsum '.repeat(80));
      await Promise.all(methods.map((method) => told(client.request(method, { texts }))));
    }, methods);
    const all = await server.reported(methods.length);
    assert.deepEqual(all.map(({ rpc }) => rpc.method).sort(), methods);
    assert.equal(new Set(all.map(({ id }) => id)).size, methods.length);
    const size = server.reportTexts().join('').length;
    assert.ok(size > 65_536, `${size} bytes are within what a browser sends for a page that goes`);
  });
}
