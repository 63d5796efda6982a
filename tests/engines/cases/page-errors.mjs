// What goes wrong in the page itself: errors nobody caught, and errors the page tells of.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertCaller } from '../frames.mjs';
import { error, openPage } from '../harness.mjs';

const refuse = (body, response) => error(body, response, -32000, body.method);

/** What the page's own listeners have heard; it was meant to happen. */
const heard = () => complaints.splice(0).length;

const accidents = {
  thrown: { type: 'RangeError', message: 'the shelf broke', kind: 'uncaught', caller: 'breakDown' },
  rejected: { type: 'Error', message: 'the order was forgotten', kind: 'unhandled_rejection', caller: 'forget' },
};

export function pageErrors(engine) {
  for (const [name, { type, message, kind, caller }] of Object.entries(accidents)) {
    test(`an error nobody caught is reported with its frames: ${name}`, async (t) => {
      const { run, server } = await openPage(t, engine, {});
      await run((name) => {
        new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
        accidents[name]();
      }, name);
      const [report] = await server.reported(1);
      assert.deepEqual([report.error_type, report.error_message, report.class], [type, message, kind]);
      await assertCaller(engine, server, report.stack_trace, caller);
      assert.equal(report.context.url, `${server.origin}/`);
      assert.equal(await run(heard), 1);
    });
  }

  test('errors nobody caught are the page\'s own affair, unless asked for or after `close`', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const closed = new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
      await closed.ready;
      await closed.close();
      const both = new Promise((resume) => addEventListener('unhandledrejection', resume, { once: true }));
      accidents.thrown();
      accidents.rejected();
      await both;
      await told(client.request('witness'));
      await closed.flush();
    });
    assert.deepEqual((await server.reported(1)).map(({ rpc }) => rpc?.method), ['witness']);
    assert.equal(await run(heard), 2);
  });

  test('a failed call that nobody caught is reported once', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    const flushed = await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
      const unhandled = new Promise((resume) => addEventListener('unhandledrejection', resume, { once: true }));
      setTimeout(() => client.request('uncaught'));
      await unhandled;
      await told(client.request('witness'));
      return client.flush();
    });
    assert.equal(flushed, true);
    const reports = await server.reported(2);
    const seen = reports.map(({ class: kind, rpc, count }) => [kind, rpc.method, count]);
    assert.deepEqual(seen, [['application', 'uncaught', undefined], ['application', 'witness', undefined]]);
    assert.equal(await run(heard), 1);
  });

  test('an error the page tells of: its frames, what caused it, and what the page adds', async (t) => {
    const { run, server } = await openPage(t, engine, {});
    await run(() => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const complaint = complain();
      client.report(complaint, { table: 7, password: 'hunter2hunter2' });
      client.report(complaint);
      client.report('a text');
      return client.flush();
    });
    const [report, text, ...others] = await server.reported(2);
    assert.deepEqual(others, [], 'the same error twice is one');
    assert.deepEqual([report.error_type, report.error_message, report.class], ['Error', 'no tea', 'reported']);
    await assertCaller(engine, server, report.stack_trace, 'complain');
    const causes = report.causes.map(({ error_type, error_message }) => `${error_type}: ${error_message}`);
    assert.deepEqual(causes, ['AggregateError: nothing', 'TypeError: no cup', 'Error: no water', 'Error: no well']);
    await assertCaller(engine, server, report.causes[1].stack_trace, 'noCup');
    assert.deepEqual(report.context.extra, { table: 7, password: '<secret>' });
    assert.equal(text.error_message, 'a text');
  });
}
