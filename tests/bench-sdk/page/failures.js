// Calls that fail, with reporting on: how soon they reject, and what ten thousand of them in a row leave behind.

import { ours } from './clients.js';
import { pageBytes } from './memory.js';
import { median, quantile } from './statistics.js';
import { answerCallsWith, ANSWERED, answerReportsWith } from './stub.js';

const STORM = 10_000;
const REASON = 'is out of reach';
const PATIENCE = 10_000;
const WORDS = ['apple', 'birch', 'cloud', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'jetty'];
const HTML = { status: 200, headers: { 'content-type': 'text/html' } };
const page = '<!doctype html><title>Bad Gateway</title><h1>It does not work</h1>';

const rpcError = (id, error) => new Response(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`, ANSWERED);

/** Ways to fail that are not tried again: what is measured is one rejection, not a wait between two attempts. */
const KINDS = [
  (id, word) => rpcError(id, { code: -32602, message: `Unknown tool: ${word}` }),
  (id, word) => rpcError(id, { code: -32000, message: 'Out of stock', data: { item: word, left: [0, 1, 2] } }),
  (id, word) => rpcError(id, { code: -32603, message: `${word}: ${'a long story. '.repeat(150)}` }),
  () => new Response(page, { ...HTML, status: 500 }),
  () => new Response(page, HTML),
  (id) => new Response(`{"jsonrpc":"2.0","id":${id},"resu`, ANSWERED),
  () => Promise.reject(new TypeError('Failed to fetch')),
];

/** From the call until its promise rejects, while no report is ever answered. */
export async function measureRejections(calls) {
  let reports = 0;
  answerReportsWith(() => {
    reports += 1;
    return new Promise(() => {});
  });
  const client = await ours({ reports: true });
  const times = [];
  for (let made = 0; made < calls; made += 1) {
    const [kind, word] = [KINDS[made % KINDS.length], WORDS[made % WORDS.length]];
    answerCallsWith((id) => Promise.resolve(kind(id, word)));
    const begin = performance.now();
    const error = await rejection(client.callTool('add', { a: 1, b: 2 }));
    times.push(performance.now() - begin);
    if (error?.name !== 'MCPError') throw new Error(`a failing call rejected with ${error}`);
    await task(); // reports leave between the calls, as they do in a page
  }
  answerCallsWith();
  if (reports === 0) throw new Error('no report was sent, so the time says nothing about reporting');
  return { reject_p50_ms: median(times), reject_p95_ms: quantile(times, 0.95), unanswered_reports: reports };
}

/** Ten thousand failing calls: what was sent, whether it counts them all, and the memory they leave. */
export async function measureStorm() {
  const told = new Map(); // by id: one told twice counts once
  let requests = 0;
  let beacons = 0;
  // Clients measured before may still have something to tell; it is not about this storm.
  const read = (body) => {
    const message = JSON.parse(body);
    const reports = [message.reports ?? message].flat().filter((report) => report.error_message.includes(REASON));
    for (const { id, count = 1 } of reports) told.set(id, count);
    return Number(reports.length > 0);
  };
  answerReportsWith((body) => {
    requests += read(body);
    return Promise.resolve(new Response('{"receipts":[]}', { ...ANSWERED, status: 202 }));
  });
  navigator.sendBeacon = (address, body) => {
    new Response(body).text().then((text) => (beacons += read(text)));
    return true;
  };

  const client = await ours({ reports: true });
  await failInARow(client, 200); // what is made once, at the first failure, is no growth
  const before = pageBytes();
  await failInARow(client, STORM - 200);
  const growth = pageBytes() - before;

  await client.flush?.(1000);
  window.dispatchEvent(new Event('pagehide'));
  const counted = () => [...told.values()].reduce((total, count) => total + count, 0);
  const end = performance.now() + PATIENCE;
  while (counted() < STORM && performance.now() < end) await task(); // a beacon's body is read later
  return {
    report_requests_of_10000: requests,
    beacons_of_10000: beacons,
    counted_of_10000: counted(),
    memory_growth_mib: growth / 2 ** 20,
  };
}

async function failInARow(client, calls) {
  for (let made = 0; made < calls; made += 1) {
    const word = WORDS[made % WORDS.length];
    answerCallsWith((id) => Promise.resolve(rpcError(id, { code: -32000, message: `The ${word} ${REASON}` })));
    await rejection(client.callTool('add', { a: 1, b: 2 }));
    if (made % 500 === 0) await task();
  }
  answerCallsWith();
  await task();
}

function rejection(promise) {
  return promise.then(
    (result) => Promise.reject(new Error(`a call that had to fail came back with ${JSON.stringify(result)}`)),
    (error) => error,
  );
}

/** Lets everything run that waits for its turn. */
function task() {
  return new Promise((resume) => setTimeout(resume));
}
