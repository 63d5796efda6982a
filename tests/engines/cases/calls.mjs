// Successful and failing calls: their outcomes in the page, and their reports.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { error, json, openPage, result } from '../harness.mjs';

/** Makes one call in the page, with reporting on. */
function callTool(options, params) {
  const client = new MCPClient('/jsonrpc', { reportErrors: true, ...options });
  return outcomeOf(client.callTool('tea', params));
}

/** Failing responses, with the code and message of the error and the class of the report. */
const failures = {
  'an application error': {
    call: (body, response) => error(body, response, -32000, 'out of tea', { cups: 0 }),
    code: -32000,
    message: /^out of tea$/,
    kind: 'application',
  },
  'HTML instead of JSON': {
    call: (body, response) => response.end('<!doctype html><p>Please log in'),
    code: 'INVALID_RESPONSE',
    message: /HTML/,
    kind: 'protocol',
  },
  'truncated JSON': {
    call: (body, response) => response.end('{"jsonrpc":"2.0","id":1,"resu'),
    code: 'INVALID_RESPONSE',
    message: /incomplete JSON/,
    kind: 'protocol',
  },
  'an empty body': {
    call: (body, response) => response.end(),
    code: 'INVALID_RESPONSE',
    message: /empty/,
    kind: 'protocol',
  },
  'a broken connection': {
    call: (body, response) => response.destroy(),
    code: 'NETWORK',
    message: /./,
    kind: 'network',
  },
  'a connection that breaks during the response': {
    call(body, response) {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"jsonrpc"', () => response.destroy());
    },
    code: 'NETWORK',
    message: /./,
    kind: 'network',
  },
  'a server that never responds': {
    call() {},
    options: { timeout: 200 },
    code: 'TIMEOUT',
    message: /200 ms/,
    kind: 'timeout',
  },
};

export function calls(engine) {
  test('a successful call resolves and is not reported', async (t) => {
    const { run, server } = await openPage(t, engine, {
      call(body, response) {
        if (body.method === 'tools/call') result(body, response, { brewed: body.params.arguments });
        else error(body, response, 1, 'a failure');
      },
    });
    const value = await run(async (cups) => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const value = await client.callTool('tea', { cups });
      await outcomeOf(client.request('broken'));
      return value;
    }, 2);
    assert.deepEqual(value, { brewed: { cups: 2 } });
    const [{ body, headers }] = server.calls;
    const params = { name: 'tea', arguments: { cups: 2 } };
    assert.deepEqual(body, { jsonrpc: '2.0', id: body.id, method: 'tools/call', params });
    assert.ok(Number.isSafeInteger(body.id) && body.id >= 1e12, body.id);
    assert.equal(headers['content-type'], 'application/json');
    // A report of the success would arrive before the report of the later failure.
    const [report] = await server.reported(1);
    assert.equal(report.rpc.method, 'broken');
  });

  for (const [name, { call, options, code, message, kind }] of Object.entries(failures)) {
    test(`${name}: the call rejects and is reported once`, async (t) => {
      const { run, server } = await openPage(t, engine, { call });
      const failure = await run(callTool, options, {});
      assert.deepEqual([failure.name, failure.code, failure.isError], ['MCPError', code, true]);
      assert.match(failure.message, message);
      const [report] = await server.reported(1);
      assert.deepEqual([report.error_type, report.class, report.rpc.tool], ['MCPError', kind, 'tea']);
      assert.equal(report.error_message, failure.message.replaceAll('\n', ' '));
      assert.equal(server.reports[0].type, 'application/json');
    });
  }

  test('a tool result with isError resolves and is reported', async (t) => {
    const value = { isError: true, content: [{ type: 'text', text: 'the kettle is cold' }] };
    const { run, server } = await openPage(t, engine, { call: (body, response) => result(body, response, value) });
    assert.deepEqual(await run(callTool, {}, {}), { value });
    const [report] = await server.reported(1);
    assert.deepEqual([report.class, report.error_message], ['tool_failure', 'the kettle is cold']);
  });

  test('a batch is one POST with an outcome for each call, and failed calls are reported', async (t) => {
    const { run, server } = await openPage(t, engine, {
      call(body, response) {
        const [first, second] = body;
        const refused = { jsonrpc: '2.0', id: second.id, error: { code: 7, message: 'no' } };
        json(response, [refused, { jsonrpc: '2.0', id: first.id, result: 'one' }]);
      },
    });
    const outcomes = await run(async () => {
      const client = new MCPClient('/jsonrpc', { reportErrors: true });
      const all = await client.batch([{ method: 'a' }, { method: 'b' }, { method: 'c' }]);
      return all.map(({ value, reason }) => value ?? reason.code);
    });
    assert.deepEqual(outcomes, ['one', 7, 'INVALID_RESPONSE']);
    assert.equal(server.calls.length, 1);
    const reports = await server.reported(2);
    assert.deepEqual(reports.map(({ rpc }) => rpc.method).sort(), ['b', 'c']);
  });
}
