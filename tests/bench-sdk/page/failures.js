// Failing calls with reporting on: the time until they reject, and the reports and memory of 10 000 of them.

import { ours } from './clients.js';
import { pageBytes } from './memory.js';
import { median, quantile } from './statistics.js';
import { RESPONSE, respondToCallsWith, respondToReportsWith } from './stub.js';

const FAILURES = 10_000;
const REASON = 'is out of reach';
const TIMEOUT = 10_000;
const WORDS = ['apple', 'birch', 'cloud', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'jetty'];
const HTML = { status: 200, headers: { 'content-type': 'text/html' } };
const page = '<!doctype html><title>Bad Gateway</title><h1>It does not work</h1>';

const rpcError = (id, error) => new Response(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`, RESPONSE);

/** Failures without a retry, so that the measured time contains no wait between attempts. */
const KINDS = [
  (id, word) => rpcError(id, { code: -32602, message: `Unknown tool: ${word}` }),
  (id, word) => rpcError(id, { code: -32000, message: 'Out of stock', data: { item: word, left: [0, 1, 2] } }),
  (id, word) => rpcError(id, { code: -32603, message: `${word}: ${'a long story. '.repeat(150)}` }),
  () => new Response(page, { ...HTML, status: 500 }),
  () => new Response(page, HTML),
  (id) => new Response(`{"jsonrpc":"2.0","id":${id},"resu`, RESPONSE),
  () => Promise.reject(new TypeError('Failed to fetch')),
];

/** The time from a call until it rejects, while no report gets a response. */
export async function measureRejections(calls) {
  let reports = 0;
  respondToReportsWith(() => {
    reports += 1;
    return new Promise(() => {});
  });
  const client = await ours({ reports: true });
  const times = [];
  for (let call = 0; call < calls; call += 1) {
    const [kind, word] = [KINDS[call % KINDS.length], WORDS[call % WORDS.length]];
    respondToCallsWith((id) => Promise.resolve(kind(id, word)));
    const begin = performance.now();
    const error = await rejection(client.callTool('add', { a: 1, b: 2 }));
    times.push(performance.now() - begin);
    if (error?.name !== 'MCPError') throw new Error(`a failing call rejected with ${error}`);
    await task(); // sends reports between the calls, as in a page
  }
  respondToCallsWith();
  if (reports === 0) throw new Error('no report was sent, so the time does not include reporting');
  return { reject_p50_ms: median(times), reject_p95_ms: quantile(times, 0.95), unanswered_reports: reports };
}

/** 10 000 failing calls: the requests sent, the failures in their counts, and the growth of memory. */
export async function measureRepeatedFailures() {
  const countsById = new Map(); // a report that is sent twice counts once
  let requests = 0;
  let beacons = 0;
  // Ignores late reports of the clients that were measured before.
  const read = (body) => {
    const message = JSON.parse(body);
    const reports = [message.reports ?? message].flat().filter((report) => report.error_message.includes(REASON));
    for (const { id, count = 1 } of reports) countsById.set(id, count);
    return Number(reports.length > 0);
  };
  respondToReportsWith((body) => {
    requests += read(body);
    return Promise.resolve(new Response('[]', { ...RESPONSE, status: 202 }));
  });
  navigator.sendBeacon = (url, body) => {
    new Response(body).text().then((text) => (beacons += read(text)));
    return true;
  };

  const client = await ours({ reports: true });
  await failInARow(client, 200); // the first failures allocate memory once, which does not count
  const before = pageBytes();
  await failInARow(client, FAILURES - 200);
  const growth = pageBytes() - before;

  await client.flush?.(1000);
  window.dispatchEvent(new Event('pagehide'));
  const counted = () => [...countsById.values()].reduce((total, count) => total + count, 0);
  const end = performance.now() + TIMEOUT;
  while (counted() < FAILURES && performance.now() < end) await task(); // the body of a beacon is read asynchronously
  return {
    report_requests_of_10000: requests,
    beacons_of_10000: beacons,
    counted_of_10000: counted(),
    memory_growth_mib: growth / 2 ** 20,
  };
}

async function failInARow(client, calls) {
  for (let call = 0; call < calls; call += 1) {
    const word = WORDS[call % WORDS.length];
    respondToCallsWith((id) => Promise.resolve(rpcError(id, { code: -32000, message: `The ${word} ${REASON}` })));
    await rejection(client.callTool('add', { a: 1, b: 2 }));
    if (call % 500 === 0) await task();
  }
  respondToCallsWith();
  await task();
}

function rejection(promise) {
  return promise.then(
    (result) => Promise.reject(new Error(`a failing call resolved to ${JSON.stringify(result)}`)),
    (error) => error,
  );
}

/** Lets pending tasks run. */
function task() {
  return new Promise((resume) => setTimeout(resume));
}
