// A database of the browser that never answers delays no report, and loses none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectFailing, rejection } from './harness.mjs';

const page = new EventTarget();
const beacons = [];
globalThis.addEventListener = page.addEventListener.bind(page);
globalThis.document = { visibilityState: 'visible' };
Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: { userAgent: 'test', sendBeacon: (_, body) => beacons.push(JSON.parse(body)) > 0 },
});

/** A request that succeeds, or never ends. */
const request = (result, ends) => {
  const pending = { result };
  if (ends) queueMicrotask(() => (pending.onupgradeneeded?.(), pending.onsuccess?.()));
  return pending;
};
/** A database whose operations end only if `works` says so. */
const database = (works) => {
  const store = Object.fromEntries(['put', 'delete', 'getAll'].map((name) => [name, () => request(name === 'getAll' ? [] : undefined, works(name))]));
  return { open: () => request({ createObjectStore() {}, transaction: () => ({ objectStore: () => store }) }, works('open')) };
};
const databases = {
  'never opens': database(() => false),
  'answers open with nothing': { open: () => ({}) },
  'is never read': database((name) => name === 'open'),
  'never stores': database((name) => name !== 'put'),
  'never deletes': database((name) => name !== 'delete'),
  'throws': { open() { throw new Error('mine'); } },
  'works': database(() => true),
};
for (const [name, indexedDB] of Object.entries(databases)) {
  test(`reports arrive soon with a database that ${name}`, async (t) => {
    globalThis.indexedDB = indexedDB;
    const { client, failing, server } = await connectFailing(t, { offline: true });
    const began = performance.now();
    for (const message of ['one', 'two', 'three', 'four']) await failing(message);
    assert.equal(await client.flush(5000), true);
    assert.ok(performance.now() - began < 2000, String(performance.now() - began));
    assert.deepEqual(server.reports.map(({ report }) => report.error_message), ['one', 'two', 'three', 'four']);
  });

  test(`no report is lost with the page with a database that ${name}`, async (t) => {
    globalThis.indexedDB = indexedDB;
    beacons.length = 0;
    const { client, failing, server } = await connectFailing(t, { offline: true });
    server.respondToReport = () => true; // no response
    await failing('one');
    await new Promise((turn) => setTimeout(turn, 20));
    await failing('two');
    page.dispatchEvent(new Event('pagehide'));
    const sent = [...beacons.flat(), ...server.reports.map(({ report }) => report)];
    assert.deepEqual([...new Set(sent.map((report) => report.error_message))].sort(), ['one', 'two']);
  });
}
