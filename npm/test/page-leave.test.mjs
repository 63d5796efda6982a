// Reports left over when the page is hidden or closed are sent by navigator.sendBeacon.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectReporting, error, rejection } from './harness.mjs';

const fail = ({ id, method }, response) => error({ id }, response, 1, method);

/** The parts of a page that the client uses. */
const page = new EventTarget();
const beacons = [];
let acceptsBeacons = true;
globalThis.addEventListener = page.addEventListener.bind(page);
globalThis.document = { visibilityState: 'visible' };
Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: { userAgent: 'test', sendBeacon: (address, body) => acceptsBeacons && beacons.push({ address, body }) > 0 },
});
function leave(type, state = 'hidden') {
  document.visibilityState = state;
  page.dispatchEvent(new Event(type));
  return beacons.splice(0).map(({ address, body }) => ({ address, body: JSON.parse(body) }));
}

test('without pending reports no beacon is sent', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  await rejection(client.request('a'));
  await server.reported(1);
  assert.deepEqual(leave('pagehide'), []);
});

test('a single pending report is sent as an object, and only by the beacon', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  await rejection(client.request('a'));
  const [{ address, body }] = leave('pagehide');
  assert.equal(address, server.reportTo);
  assert.equal(body.rpc.method, 'a');
  await new Promise((resume) => setTimeout(resume, 100));
  assert.equal(server.reports.length, 0);
});

test('pending reports are sent with their counts when the page is hidden', async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.respondToReport = () => true; // no response
  await rejection(client.request('repeated'));
  await server.reported(1);
  await Promise.all(Array.from({ length: 20 }, () => rejection(client.request('repeated'))));
  await rejection(client.request('other'));
  assert.deepEqual(leave('visibilitychange', 'visible'), []);
  const [{ body }] = leave('visibilitychange');
  assert.deepEqual(body.map(({ rpc, count }) => [rpc.method, count]), [['repeated', 20], ['other', undefined]]);
  assert.deepEqual(leave('pagehide'), []);
});

test('no report is lost if the browser refuses a beacon or the service responds with 503', { timeout: 20_000 }, async (t) => {
  const { client, server } = await connectReporting(t, fail);
  server.respondToReport = (response, number) => number === 1 && response.writeHead(503, { 'retry-after': '1' }).end();
  await rejection(client.request('a'));
  await server.reported(1);
  await new Promise((resume) => setTimeout(resume, 200));
  acceptsBeacons = false;
  assert.deepEqual(leave('visibilitychange'), []);
  acceptsBeacons = true;
  const { body } = leave('visibilitychange').find(({ address }) => address === server.reportTo);
  const [first, again] = await server.reported(2);
  assert.deepEqual([body.id, again.id], [first.id, first.id]);
});
