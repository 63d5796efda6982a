// A WebAssembly module that does not load, and the import of the package by its name.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { withoutSecrets } from '../src/report-load-failure.js';
import { rejection } from './harness.mjs';
import { startServer } from './server.mjs';

/** Imports a copy of the entry from a new folder with these bytes as the module, or without a module. */
async function entryWith(t, bytes) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-autoheal-'));
  t.after(() => rm(folder, { recursive: true }));
  const entry = join(folder, 'mcp-autoheal.mjs');
  await copyFile(new URL('../dist/mcp-autoheal.js', import.meta.url), entry);
  if (bytes) await writeFile(join(folder, 'mcp-autoheal_bg.wasm'), bytes);
  return import(pathToFileURL(entry));
}

for (const [name, bytes] of [['missing', undefined], ['not WebAssembly', '<!doctype html>']]) {
  test(`a module that is ${name} rejects all calls with MODULE_LOAD and is reported once`, async (t) => {
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

test('a report made without the module contains no secrets from URLs', () => {
  const text = (address) => `MCPError: no\n    at checkOut (${address}:68:15)\n    at ${address}:9:1\ncheckOut@${address}:7:3`;
  const secret = 'https://anna:hunter2@shop.example:8080/app/?token=hunter2:3&b=1#key=hunter2';
  assert.equal(withoutSecrets(text(secret)), text('https://shop.example:8080/app/'));
  assert.equal(withoutSecrets(text('https://shop.example/app.js')), text('https://shop.example/app.js'));
  assert.equal(withoutSecrets('HTTP 404 for https://a.b/c?d=e. Serve it'), 'HTTP 404 for https://a.b/c Serve it');
});

test('MCPError can be constructed', async () => {
  const { MCPError } = await import('mcp-autoheal');
  const error = new MCPError(7, 'text', { more: 1 });
  assert.deepEqual([error.name, error.code, error.message, error.data], ['MCPError', 7, 'text', { more: 1 }]);
  assert.equal(String(error), 'MCPError: text');
});
