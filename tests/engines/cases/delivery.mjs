// Delivery of reports: flush, counts, and storage in the browser until the next visit.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage } from '../harness.mjs';

const refuse = (body, response) => error(body, response, -32000, body.method);
const accept = (response) => response.writeHead(202, { 'content-type': 'application/json' }).end('[]');
const disconnect = (response) => response.destroy();

export function delivery(engine) {
  test('the reporting options set the endpoint and the content of reports', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    await run(async () => {
      const reportErrors = {
        endpoint: '/report-error/of-the-shop',
        key: 'public&key',
        release: '1.4.0',
        environment: 'staging',
        tags: { tenant: 'tea' },
        user: 'anna@example.org',
        ignoreErrors: [/^MCPError: known/],
        beforeSend: (report) => (report.rpc.method === 'unwanted' ? null : { ...report, added: true }),
      };
      const client = new MCPClient('/jsonrpc', { reportErrors });
      for (const method of ['known', 'unwanted', 'wanted']) await outcomeOf(client.request(method));
      return client.flush();
    });
    const [report, ...others] = await server.reported(1);
    assert.deepEqual(others, []);
    assert.equal(server.reports[0].url, '/report-error/of-the-shop?key=public%26key');
    const { release, environment, tags, user, added, rpc } = report;
    assert.deepEqual([release, environment, tags, added], ['1.4.0', 'staging', { tenant: 'tea' }, true]);
    assert.equal(rpc.method, 'wanted');
    assert.match(user, /^[0-9a-f]{32}$/, 'a hash');
  });

  test('`flush` waits for the response of the service, up to its timeout', async (t) => {
    let response;
    const script = { call: refuse, report: (pending) => (response = pending) };
    const { run, server } = await openPage(t, engine, script);
    const inTime = await run(async () => {
      window.client = new MCPClient('/jsonrpc', { reportErrors: true });
      const withoutReports = await client.flush();
      await outcomeOf(client.request('a'));
      return [withoutReports, await client.flush(50)];
    });
    assert.deepEqual(inTime, [true, false]);
    await server.reported(1);
    accept(response);
    assert.equal(await run(() => client.flush(10_000)), true);
  });

  test('a hundred different failures arrive in a few requests, with their counts', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    const flushed = await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const calls = [];
      for (let call = 0; call < 300; call += 1) calls.push(outcomeOf(client.request(`kind_${call % 100}`)));
      await Promise.all(calls);
      return client.flush(10_000);
    });
    assert.equal(flushed, true);
    // After flush all reports have arrived, so the test does not wait.
    const reports = server.reportTexts().flatMap((text) => JSON.parse(text));
    const counts = new Map();
    for (const { rpc, count = 1 } of reports) counts.set(rpc.method, (counts.get(rpc.method) ?? 0) + count);
    assert.equal(new Set(reports.map(({ id }) => id)).size, reports.length, 'no report was sent twice');
    assert.deepEqual([counts.size, new Set(counts.values())], [100, new Set([3])]);
    assert.ok(server.reports.length <= 30, `${server.reports.length} requests`);
  });

  test('with the option offline, undelivered reports arrive once on the next visit', async (t) => {
    const script = { call: refuse, report: disconnect };
    const { run, server, leave, comeBack } = await openPage(t, engine, script);
    const visit = () => {
      window.client = new MCPClient('/jsonrpc', { reportErrors: { offline: true } });
    };
    await run(visit);
    const flushed = await run(async () => {
      await outcomeOf(client.request('lost'));
      return client.flush(500);
    });
    assert.equal(flushed, false);
    const [lost] = await server.reported(1);
    await leave();
    await comeBack();

    // Only now, because a report that the page sends while it closes would arrive too.
    script.report = accept;
    server.reports.length = 0;
    await run(visit);
    await server.reported(1);
    assert.equal(await run(() => client.flush()), true);
    await leave();

    await comeBack();
    await run(visit);
    await run(() => outcomeOf(client.request('other')));
    const [stored, other, ...others] = await server.reported(2);
    assert.deepEqual([stored, other.rpc.method, others], [lost, 'other', []]);
  });
}
