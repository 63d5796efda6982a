// The module that does not load, and the package as others import it.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { withoutSecrets } from '../src/report-load-failure.js';
import { rejection } from './harness.mjs';
import { startServer } from './server.mjs';

/** The entry in a folder of its own, with these bytes as the module, or none. */
async function entryWith(t, bytes) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-autoheal-'));
  t.after(() => rm(folder, { recursive: true }));
  const entry = join(folder, 'mcp-autoheal.mjs');
  await copyFile(new URL('../dist/mcp-autoheal.js', import.meta.url), entry);
  if (bytes) await writeFile(join(folder, 'mcp-autoheal_bg.wasm'), bytes);
  return import(pathToFileURL(entry));
}

for (const [name, bytes] of [['missing', undefined], ['not WebAssembly', '<!doctype html>']]) {
  test(`a module that is ${name}: every call says so, and it is reported once`, async (t) => {
    const { MCPClient, MCPError } = await entryWith(t, bytes);
    const server = await startServer(() => {});
    t.after(() => server.close());
    const client = new MCPClient(server.endpoint, { reportErrors: true, errorReportEndpoint: server.reportTo });
    function openShop() {
      return client.ping();
    }
    const failure = await rejection(openShop());
    assert.ok(failure instanceof MCPError);
    assert.equal(failure.code, 'MODULE_LOAD');
    assert.match(failure.message, /could not be loaded: .*Serve mcp-autoheal_bg\.wasm at file:.*beside mcp-autoheal\.js/s);
    assert.match(failure.stack.split('\n').find((line) => line.startsWith('    at')), /openShop/);
    assert.ok(failure.cause instanceof Error);
    assert.equal((await rejection(client.notify('note'))).code, 'MODULE_LOAD');
    assert.equal((await rejection(client.batch([{ method: 'a' }]))).code, 'MODULE_LOAD');
    assert.equal((await rejection(client.ready)).code, 'MODULE_LOAD');
    assert.equal((await rejection(client.request('a', { big: 1n }))).name, 'TypeError');

    const [report] = await server.reported(1);
    assert.equal(report.error_type, 'MCPError');
    assert.equal(report.class, 'module');
    assert.match(report.stack_trace, /openShop/);
    assert.equal(server.calls.length, 0);
  });
}

test('the report made without the module leaves no secret in an address', () => {
  const text = (address) => `MCPError: no\n    at checkOut (${address}:68:15)\n    at ${address}:9:1\ncheckOut@${address}:7:3`;
  const secret = 'https://anna:hunter2@shop.example:8080/app/?token=hunter2:3&b=1#key=hunter2';
  assert.equal(withoutSecrets(text(secret)), text('https://shop.example:8080/app/'));
  assert.equal(withoutSecrets(text('https://shop.example/app.js')), text('https://shop.example/app.js'));
  assert.equal(withoutSecrets('HTTP 404 for https://a.b/c?d=e. Serve it'), 'HTTP 404 for https://a.b/c Serve it');
});

test('the package by its name, and its error as others make it', async () => {
  const { MCPError } = await import('mcp-autoheal');
  const made = new MCPError(7, 'text', { more: 1 });
  assert.deepEqual([made.name, made.code, made.message, made.data], ['MCPError', 7, 'text', { more: 1 }]);
  assert.equal(String(made), 'MCPError: text');
});
