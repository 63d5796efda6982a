// Breadcrumbs: the steps on the page before a failure.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, openPage, result } from '../harness.mjs';

const call = (body, response) =>
  body.method === 'fine' ? result(body, response, 1) : error(body, response, -32000, body.method);

export function breadcrumbs(engine) {
  test('a report has the steps before the failure: console, requests, clicks, navigation, calls', async (t) => {
    const { run, server } = await openPage(t, engine, { call });
    await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      await client.ready;
      console.warn('the water is', { degrees: 20 }, 'password=hunter2hunter2');
      await fetch('/away?token=hunter2hunter2');
      await fetch('/nowhere');
      const button = Object.assign(document.createElement('button'), { id: 'pay', textContent: 'Pay as Anna' });
      document.body.append(button);
      button.click();
      history.pushState({}, '', '/?step=2');
      await client.request('fine');
      await outcomeOf(client.callTool('tea'));
    });
    const [{ logs }] = await server.reported(1);
    const { origin } = server;
    assert.deepEqual(logs.map(({ level, message }) => [level, message]), [
      ['warn', 'the water is {Object} password=<secret>'],
      ['fetch', 'GET /away?token=<secret> 200'],
      ['fetch', 'GET /nowhere 404'],
      ['click', 'html > body > button#pay'],
      ['navigation', `${origin}/ → ${origin}/?step=2`],
      ['mcp', 'fine'],
      ['mcp', 'tools/call tea'],
    ]);
    const times = logs.map(({ timestamp }) => Date.parse(timestamp));
    assert.deepEqual(times, times.toSorted((one, other) => one - other));
    assert.ok(Math.abs(times[0] - Date.now()) < 60_000);
  });

  test('a report has only the last 50 steps', async (t) => {
    const { run, server } = await openPage(t, engine, { call });
    await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      await client.ready;
      for (let step = 1; step <= 200; step += 1) console.debug(`step ${step}`);
      await outcomeOf(client.request('broken'));
    });
    const [{ logs }] = await server.reported(1);
    assert.equal(logs.length, 50);
    assert.deepEqual([logs[0].message, logs[48].message, logs[49].message], ['step 152', 'step 200', 'broken']);
  });

  test('with breadcrumbs: false the console and fetch are not wrapped', async (t) => {
    const { run, server } = await openPage(t, engine, { call });
    const untouched = await run(async () => {
      const before = [console.log, window.fetch, history.pushState];
      const client = new MCPClient('/jsonrpc', { reportErrors: { breadcrumbs: false } });
      await client.ready;
      const after = [console.log, window.fetch, history.pushState];
      console.log('not recorded');
      await outcomeOf(client.request('broken'));
      return before.every((original, index) => original === after[index]);
    });
    assert.equal(untouched, true);
    const [report] = await server.reported(1);
    assert.equal(report.logs, undefined);
  });
}
