// A page that goes: what has not left is handed to the browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectReporting, error, rejection } from './harness.mjs';

const fail = ({ id, method }, response) => error({ id }, response, 1, method);

/** As much of a page as the client looks at. */
const page = new EventTarget();
const beacons = [];
let takes = true;
globalThis.addEventListener = page.addEventListener.bind(page);
globalThis.document = { visibilityState: 'visible' };
Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: { userAgent: 'test', sendBeacon: (address, body) => takes && beacons.push({ address, body }) > 0 },
});
function go(type, state = 'hidden') {
  document.visibilityState = state;
  page.dispatchEvent(new Event(type));
  return beacons.splice(0).map(({ address, body }) => ({ address, body: JSON.parse(body) }));
}

test('nothing to tell, no beacon', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  await rejection(client.request('a'));
  await server.reported(1);
  assert.deepEqual(go('pagehide'), []);
});

test('a report that has not left yet goes with the page, alone as an object, and only once', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  await rejection(client.request('a'));
  const [{ address, body }] = go('pagehide');
  assert.equal(address, server.reportTo);
  assert.equal(body.rpc.method, 'a');
  await new Promise((resume) => setTimeout(resume, 100));
  assert.equal(server.reports.length, 0);
});

test('what is held back goes when the page is hidden, with its counts', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.answerReport = () => true; // never
  await rejection(client.request('storm'));
  await server.reported(1);
  await Promise.all(Array.from({ length: 20 }, () => rejection(client.request('storm'))));
  await rejection(client.request('other'));
  assert.deepEqual(go('visibilitychange', 'visible'), []);
  const [{ body }] = go('visibilitychange');
  assert.deepEqual(body.map(({ rpc, count }) => [rpc.method, count]), [['storm', 20], ['other', undefined]]);
  assert.deepEqual(go('pagehide'), []);
});

test('a beacon the browser refuses, or a service in trouble, loses nothing', { timeout: 20_000 }, async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.answerReport = (response, number) => number === 1 && response.writeHead(503, { 'retry-after': '1' }).end();
  await rejection(client.request('a'));
  await server.reported(1);
  await new Promise((resume) => setTimeout(resume, 200));
  takes = false;
  assert.deepEqual(go('visibilitychange'), []);
  takes = true;
  const { body } = go('visibilitychange').find(({ address }) => address === server.reportTo);
  const [first, again] = await server.reported(2);
  assert.deepEqual([body.id, again.id], [first.id, first.id]);
});
