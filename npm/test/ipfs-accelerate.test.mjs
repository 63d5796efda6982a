// mcp-autoheal/ipfs-accelerate: the request, the result and the failure of each convenience call.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as main from '../dist/mcp-autoheal.js';
import * as variant from '../dist/ipfs-accelerate.js';
import { golden, readLine } from '../ipfs-accelerate/golden.mjs';
import { javascript } from '../ipfs-accelerate/javascript.mjs';
import { comparable, startRecorder } from '../ipfs-accelerate/recorder.mjs';
import { readTable } from '../ipfs-accelerate/table.mjs';

const table = readTable();
const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

async function record(t, respond) {
  const recorder = await startRecorder(respond);
  t.after(() => recorder.close());
  return recorder;
}

test('golden.txt matches calls.txt', () => {
  const remedy =
    'golden.txt is out of date; update it and check the difference: node scripts/ipfs-accelerate.mjs --golden';
  assert.ok(read('../ipfs-accelerate/golden.txt') === golden(table), remedy);
});

test('every call sends the request in golden.txt for each form of its arguments', async (t) => {
  const recorder = await record(t);
  const called = new Set();
  for (const line of read('../ipfs-accelerate/golden.txt').trimEnd().split('\n')) {
    const { call, args, body } = readLine(line);
    called.add(call);
    assert.equal(await recorder.sent(call, args), comparable(body), line);
  }
  assert.equal(called.size, 189);
});

test('undefined is the same as not given', async (t) => {
  const recorder = await record(t);
  for (const { name, kind, parameters, options, rest } of table.calls) {
    if (kind === 'batch') continue; // its only parameter is required
    const required = parameters.filter(({ literal }) => literal === undefined).map(({ name }) => name);
    const optional = parameters.slice(required.length).map(() => undefined);
    const shortest = await recorder.sent(name, required);
    assert.equal(await recorder.sent(name, [...required, ...optional]), shortest, name);
    if (options.length > 0) {
      const none = Object.fromEntries(options.map(({ name }) => [name, undefined]));
      assert.equal(await recorder.sent(name, [...required, none]), shortest, name);
    }
    if (options.length > 0 || (rest && required.length > 0)) {
      assert.equal(await recorder.sent(name, [...required, null]), shortest, name);
    }
  }
});

test('falsy options are sent as they are', async (t) => {
  const recorder = await record(t);
  const sent = JSON.parse(await recorder.sent('generateText', ['', { temperature: 0, maxLength: 0, modelId: '' }]));
  assert.deepEqual(sent.params, { prompt: '', model_id: '', max_length: 0, temperature: 0 });
});

test('the entry replaces the main entry: it has the same exports and the class as default', () => {
  assert.equal(variant.MCPClient, variant.IPFSAccelerateClient);
  assert.equal(variant.default, variant.IPFSAccelerateClient);
  assert.ok(new variant.MCPClient('http://127.0.0.1:9/jsonrpc') instanceof main.MCPClient);
  for (const name of Object.keys(main)) assert.ok(name in variant, name);
  assert.equal(variant.MCPError, main.MCPError);
});

test('a call resolves to its result, also with isError', async (t) => {
  const refused = { content: [{ type: 'text', text: 'no such container' }], isError: true };
  const { client } = await record(t, ({ method }) => ({ result: method === 'tools/call' ? refused : ['bert'] }));
  assert.deepEqual(await client.listModels(), ['bert']);
  assert.deepEqual(await client.dockerStopContainer('web'), refused);
});

test('a batch of tools resolves to results and failures in order', async (t) => {
  const { client } = await record(t, ({ params: { name } }) =>
    name === 'broken' ? { error: { code: -32602, message: 'unknown tool' } } : { result: { content: [], name } },
  );
  const [first, second, third] = await client.callToolsBatch([
    { name: 'one' },
    { name: 'broken', arguments: { x: 1 } },
    { name: 'two' },
  ]);
  assert.deepEqual([first.value.name, third.value.name], ['one', 'two']);
  assert.equal(second.status, 'rejected');
  assert.equal(second.reason.code, -32602);
});

test('callToolsBatch rejects with a TypeError if its argument is not a list', async (t) => {
  const { client } = await record(t);
  for (const wrong of [undefined, {}, 'tools', []]) {
    await assert.rejects(async () => client.callToolsBatch(wrong), { name: 'TypeError', message: /calls/ });
  }
});

test('arguments that are not JSON reject with a TypeError', async (t) => {
  const { client } = await record(t);
  const circular = {};
  circular.self = circular;
  await assert.rejects(client.startSession(circular), { name: 'TypeError', message: /JSON/ });
  await assert.rejects(client.predictTimeseries([1n]), { name: 'TypeError', message: /JSON/ });
});

test('the stack of a failure begins at the caller', async (t) => {
  const { client } = await record(t, () => ({ error: { code: -32601, message: 'not found' } }));
  const failures = await Promise.all([
    (function pageCallsMethod() {
      return client.generateText('hello').catch((error) => error);
    })(),
    (function pageCallsTool() {
      return client.ipfsCat('bafy').catch((error) => error);
    })(),
    (function pageCallsInherited() {
      return client.getModel('bert').catch((error) => error);
    })(),
    (function pageCallsBatch() {
      return client.callToolsBatch([{ name: 'one' }]).then(([{ reason }]) => reason);
    })(),
  ]);
  const callers = ['pageCallsMethod', 'pageCallsTool', 'pageCallsInherited', 'pageCallsBatch'];
  failures.forEach((failure, index) => {
    assert.equal(failure.name, 'MCPError');
    assert.match(failure.stack.split('\n')[1], new RegExp(`at ${callers[index]} `));
  });
});

test('the main entry contains no convenience call', () => {
  const entry = read('../dist/mcp-autoheal.js');
  for (const { kind, wire } of table.calls) {
    if (kind !== 'inherited') assert.ok(!entry.includes(wire), wire);
  }
});

test('the variant for Node differs only in the entry it imports', () => {
  const browser = read('../dist/ipfs-accelerate.js');
  assert.ok(
    browser === javascript(table, './mcp-autoheal.js'),
    'dist is out of date: node scripts/ipfs-accelerate.mjs',
  );
  const node = browser.replaceAll('./mcp-autoheal.js', './mcp-autoheal.inline.js');
  assert.equal(read('../dist/ipfs-accelerate.inline.js'), node);
});

test('the types declare every call and option with a comment', () => {
  const declared = read('../dist/ipfs-accelerate.d.ts');
  const commented = [...declared.matchAll(/\*\/\n {2}(\w+)[?:<(]/g)].map(([, name]) => name);
  const methods = Object.getOwnPropertyNames(variant.IPFSAccelerateClient.prototype).slice(1);
  assert.deepEqual(commented, [...table.options.keys(), 'name', 'arguments', ...methods]);
  assert.doesNotMatch(declared, /\bany\b/);
});
