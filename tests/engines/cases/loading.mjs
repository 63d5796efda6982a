// A WebAssembly module that does not load: all calls reject with the remedy, and the failure is reported.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openPage } from '../harness.mjs';

const SCRIPTS_ONLY = "default-src 'self'; script-src 'self'";

const obstacles = {
  'its file is missing': {
    script: { files: { '/mcp-autoheal_bg.wasm': 404 } },
    message: /HTTP 404.*Serve mcp-autoheal_bg\.wasm at http:\S+\/mcp-autoheal_bg\.wasm/,
  },
  'the Content-Security-Policy forbids it': {
    script: { headers: { 'content-security-policy': SCRIPTS_ONLY } },
    message: /Add 'wasm-unsafe-eval' to script-src/,
  },
};

export function loading(engine) {
  for (const [name, { script, message }] of Object.entries(obstacles)) {
    test(`the module does not load because ${name}: calls reject with the remedy, and it is reported`, async (t) => {
      const { run, server } = await openPage(t, engine, script, { search: '?token=hunter2hunter2' });
      const [pressed, next, ready] = await run(async () => {
        const client = new MCPClient('/jsonrpc', { reportErrors: true });
        return [await press('plain', client), await outcomeOf(client.ping()), await outcomeOf(client.ready)];
      });
      for (const failure of [pressed, next, ready]) {
        assert.deepEqual([failure.name, failure.code, failure.isError], ['MCPError', 'MODULE_LOAD', true]);
        assert.match(failure.message, message);
      }
      assert.match(pressed.stack, /checkOut/);
      const [report] = await server.reported(1);
      assert.deepEqual([report.error_type, report.class], ['MCPError', 'module']);
      assert.match(report.error_message, message);
      assert.match(report.stack_trace, /checkOut/);
      assert.doesNotMatch(server.reportTexts().join(), /hunter2/);
      assert.deepEqual(server.calls, []);
    });
  }

  test('the module loads if the Content-Security-Policy allows only WebAssembly', async (t) => {
    const { run, server } = await openPage(t, engine, {
      headers: { 'content-security-policy': `${SCRIPTS_ONLY} 'wasm-unsafe-eval'` },
      call: ({ id }, response) => response.end(JSON.stringify({ jsonrpc: '2.0', id, result: 'pong' })),
    });
    const ping = () => outcomeOf(new MCPClient('/jsonrpc', { reportErrors: true }).ping());
    assert.deepEqual(await run(ping), { value: 'pong' });
    assert.deepEqual(server.reports, []);
  });
}
