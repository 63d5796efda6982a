// Reports that have to arrive: flushed, counted, and kept by the browser for the next visit.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage } from '../harness.mjs';

const refuse = (body, response) => error(body, response, -32000, body.method);
const taken = (response) => response.writeHead(202, { 'content-type': 'application/json' }).end('[]');
const down = (response) => response.destroy();

export function delivery(engine) {
  test('the options of reports: where they go and what goes with them', async (t) => {
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
      for (const method of ['known', 'unwanted', 'wanted']) await told(client.request(method));
      return client.flush();
    });
    const [report, ...others] = await server.reported(1);
    assert.deepEqual(others, []);
    assert.equal(server.reports[0].address, '/report-error/of-the-shop?key=public%26key');
    const { release, environment, tags, user, added, rpc } = report;
    assert.deepEqual([release, environment, tags, added], ['1.4.0', 'staging', { tenant: 'tea' }, true]);
    assert.equal(rpc.method, 'wanted');
    assert.match(user, /^[0-9a-f]{32}$/, 'a hash');
  });

  test('`flush` waits until the service has answered, and no longer than it may', async (t) => {
    let answer;
    const script = { call: refuse, report: (response) => (answer = response) };
    const { run, server } = await openPage(t, engine, script);
    const inTime = await run(async () => {
      window.client = new MCPClient('/jsonrpc', { reportErrors: true });
      const nothing = await client.flush();
      await told(client.request('a'));
      return [nothing, await client.flush(50)];
    });
    assert.deepEqual(inTime, [true, false]);
    await server.reported(1);
    taken(answer);
    assert.equal(await run(() => client.flush(10_000)), true);
  });

  test('a storm of a hundred different failures arrives in a few requests, each counted', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    const flushed = await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const calls = [];
      for (let call = 0; call < 300; call += 1) calls.push(told(client.request(`kind_${call % 100}`)));
      await Promise.all(calls);
      return client.flush(10_000);
    });
    assert.equal(flushed, true);
    // Whatever flush says has arrived is there: nothing is waited for.
    const reports = server.reportTexts().flatMap((text) => JSON.parse(text));
    const counts = new Map();
    for (const { rpc, count = 1 } of reports) counts.set(rpc.method, (counts.get(rpc.method) ?? 0) + count);
    assert.equal(new Set(reports.map(({ id }) => id)).size, reports.length, 'none was sent twice');
    assert.deepEqual([counts.size, new Set(counts.values())], [100, new Set([3])]);
    assert.ok(server.reports.length <= 30, `${server.reports.length} requests`);
  });

  test('offline: what could not leave arrives on the next visit, once', async (t) => {
    const script = { call: refuse, report: down };
    const { run, server, leave, comeBack } = await openPage(t, engine, script);
    const visit = () => {
      window.client = new MCPClient('/jsonrpc', { reportErrors: { offline: true } });
    };
    await run(visit);
    const flushed = await run(async () => {
      await told(client.request('lost'));
      return client.flush(500);
    });
    assert.equal(flushed, false);
    const [lost] = await server.reported(1);
    await leave();
    await comeBack();

    // Not before: what a page sends as it goes would arrive as well.
    script.report = taken;
    server.reports.length = 0;
    await run(visit);
    await server.reported(1);
    assert.equal(await run(() => client.flush()), true);
    await leave();

    await comeBack();
    await run(visit);
    await run(() => told(client.request('witness')));
    const [found, witness, ...others] = await server.reported(2);
    assert.deepEqual([found, witness.rpc.method, others], [lost, 'witness', []]);
  });
}
