// Errors of the page: uncaught ones, and those passed to report().

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertCaller, assertPlace } from '../frames.mjs';
import { error, openPage } from '../harness.mjs';

const refuse = (body, response) => error(body, response, -32000, body.method);

/** Runs in the page: removes the expected uncaught errors and returns their number. */
const takeUncaughtErrors = () => uncaughtErrors.splice(0).length;

const accidents = {
  thrown: { type: 'RangeError', message: 'the shelf broke', kind: 'uncaught', caller: 'breakDown' },
  rejected: { type: 'Error', message: 'the order was forgotten', kind: 'unhandled_rejection', caller: 'forget' },
};

export function pageErrors(engine) {
  for (const [name, { type, message, kind, caller }] of Object.entries(accidents)) {
    test(`an uncaught error is reported with its frames: ${name}`, async (t) => {
      const { run, server } = await openPage(t, engine, {});
      await run((name) => {
        new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
        accidents[name]();
      }, name);
      const [report] = await server.reported(1);
      assert.deepEqual([report.error_type, report.error_message, report.class], [type, message, kind]);
      await assertCaller(engine, server, report.stack_trace, caller);
      assert.equal(report.context.url, `${server.origin}/`);
      assert.equal(await run(takeUncaughtErrors), 1);
    });
  }

  test('what is thrown in place of an error is reported with its shape, content and place', async (t) => {
    const { run, server } = await openPage(t, engine, {});
    await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
      await client.ready;
      accidents.shape();
      accidents.nothing();
      await new Promise((resume) => setTimeout(resume, 100));
      const image = new Image();
      const broken = new Promise((_, reject) => (image.onerror = reject));
      image.src = '/no-such-image.png';
      await broken.catch((event) => client.report(event));
      client.report(await fetch('/nowhere'));
      client.report(new ErrorEvent('error', { error: createError() }));
      return client.flush();
    });
    const [shape, nothing, event, response, unwrapped] = await server.reported(5);
    assert.deepEqual([shape.error_type, shape.error_message, shape.context.error], ['Object', '{code, status}', { code: 'E_QUOTA', status: 507 }]);
    await assertPlace(server, shape.stack_trace, 'throwShape');
    assert.match(nothing.error_message, /undefined/);
    await assertPlace(server, nothing.stack_trace, 'throwNothing');
    assert.deepEqual([event.error_type, event.error_message], ['Event', 'error']);
    assert.equal(event.context.error.target.src, `${server.origin}/no-such-image.png`);
    assert.deepEqual([response.error_type, response.error_message, response.context.error.url], ['Response', 'HTTP 404', `${server.origin}/nowhere`]);
    assert.deepEqual([unwrapped.error_type, unwrapped.error_message], ['Error', 'no tea']);
    assert.equal(await run(takeUncaughtErrors), 2);
  });

  test('uncaught errors are not reported without captureGlobalErrors or after close', async (t) => {
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
      await outcomeOf(client.request('other'));
      await closed.flush();
    });
    assert.deepEqual((await server.reported(1)).map(({ rpc }) => rpc?.method), ['other']);
    assert.equal(await run(takeUncaughtErrors), 2);
  });

  test('a failed call without a catch is reported once', async (t) => {
    const { run, server } = await openPage(t, engine, { call: refuse });
    const flushed = await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: { captureGlobalErrors: true } });
      const unhandled = new Promise((resume) => addEventListener('unhandledrejection', resume, { once: true }));
      setTimeout(() => client.request('uncaught'));
      await unhandled;
      await outcomeOf(client.request('other'));
      return client.flush();
    });
    assert.equal(flushed, true);
    const reports = await server.reported(2);
    const actual = reports.map(({ class: kind, rpc, count }) => [kind, rpc.method, count]);
    assert.deepEqual(actual, [['application', 'uncaught', undefined], ['application', 'other', undefined]]);
    assert.equal(await run(takeUncaughtErrors), 1);
  });

  test('an error passed to report() is reported with frames, causes and context', async (t) => {
    const { run, server } = await openPage(t, engine, {});
    await run(() => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const error = createError();
      client.report(error, { table: 7, password: 'hunter2hunter2' });
      client.report(error);
      client.report('a text');
      return client.flush();
    });
    const [report, text, ...others] = await server.reported(2);
    assert.deepEqual(others, [], 'the same error is reported once');
    assert.deepEqual([report.error_type, report.error_message, report.class], ['Error', 'no tea', 'reported']);
    await assertCaller(engine, server, report.stack_trace, 'createError');
    const causes = report.causes.map(({ error_type, error_message }) => `${error_type}: ${error_message}`);
    assert.deepEqual(causes, ['AggregateError: nothing', 'TypeError: no cup', 'Error: no water', 'Error: no well']);
    await assertCaller(engine, server, report.causes[1].stack_trace, 'noCup');
    assert.deepEqual(report.context.extra, { table: 7, password: '<secret>' });
    assert.equal(text.error_message, 'a text');
  });
}
