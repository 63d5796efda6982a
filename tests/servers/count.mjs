// Counts the reported failing calls of real servers, and the false positives among successful calls. Prints a table
// and, as its last line, JSON. `--short` makes a tenth of the calls.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { everything } from './cases/everything.mjs';
import { fastmcp } from './cases/fastmcp.mjs';
import { filesystem } from './cases/filesystem.mjs';
import { git, time } from './cases/python.mjs';
import { rmcp } from './cases/rmcp.mjs';
import { typescript } from './cases/typescript.mjs';
import { environment, wrapped } from './harness/session.mjs';
import { findReport, outcomeOf } from './harness/expectations.mjs';
import { connect } from './harness/line-client.mjs';
import { startSink } from './harness/sink.mjs';

const SERVERS = [everything, filesystem, time, git, fastmcp, typescript, rmcp];
const short = process.argv.includes('--short');
const SUCCESSFUL = short ? 1_000 : 10_000;
const FAILING = short ? 140 : 1_400;
/** Simultaneous calls. */
const CONCURRENCY = 4;

const total = { failing: 0, reported: 0, successful: 0, false_positives: 0 };
console.log(line('server', 'failing', 'reported', 'successful', 'false pos.', 'seconds'));
for (const [index, session] of SERVERS.entries()) {
  const begin = performance.now();
  const counts = await count(session, share(FAILING, index), share(SUCCESSFUL, index));
  for (const name of Object.keys(total)) total[name] += counts[name];
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const { failing, reported, successful, false_positives: falsePositives } = counts;
  console.log(line(session.name, failing, reported, successful, falsePositives, seconds));
}
console.log(JSON.stringify(total));

/** A line of the table. */
function line(name, ...figures) {
  return name.padEnd(20) + figures.map((figure) => String(figure).padStart(12)).join('');
}

/** The calls of one server. The shares of all servers add up to `all`. */
function share(all, index) {
  const upTo = (count) => Math.floor((all * count) / SERVERS.length);
  return upTo(index + 1) - upTo(index);
}

async function count(session, failing, successful) {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-count-'));
  const sink = await startSink();
  const command = session.command(folder);
  session.prepare?.(folder);
  const client = connect(wrapped(command), { env: environment(folder, sink), cwd: folder });
  try {
    await client.handshake();
    const steps = typeof session.steps === 'function' ? session.steps(folder) : session.steps;
    // Excludes noise on stdout, which is reported although its call succeeds.
    const failingSteps = steps.filter(({ wire, report }) => report && wire && wire.channel !== 'result');
    const successfulSteps = steps.filter(({ wire, report, slow }) => !report && !slow && wire?.channel === 'result');
    const sent = new Map(failingSteps.map((step) => [step, 0]));
    await sendAll(client, mixed(failingSteps, failing, successfulSteps, successful), sent);
    client.stdin.end();
    await client.end();
    await sink.until(() => sink.total() >= failing, 5_000);
    return { failing, successful, ...compare(sink, sent) };
  } finally {
    client.kill();
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All calls, with the failing ones evenly spread. */
function mixed(failingSteps, failing, successfulSteps, successful) {
  const calls = [];
  const all = failing + successful;
  let failed = 0;
  for (let index = 0; index < all; index += 1) {
    const fails = failed < Math.floor(((index + 1) * failing) / all);
    calls.push(fails ? failingSteps[failed++ % failingSteps.length] : successfulSteps[index % successfulSteps.length]);
  }
  return calls;
}

/** Sends the calls, a few at a time, and checks each response. */
async function sendAll(client, calls, sent) {
  let next = 0;
  async function sendNext() {
    while (next < calls.length) {
      const step = calls[next];
      next += 1;
      const response = await client.request({ jsonrpc: '2.0', ...step.send, id: next });
      if (outcomeOf(response).channel !== step.wire.channel)
        throw new Error(`${step.name}: ${JSON.stringify(response)}`);
      if (sent.has(step)) sent.set(step, sent.get(step) + 1);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, sendNext));
}

/** Counts the reported calls and the false positives, which include more reports than calls. */
function compare(sink, sent) {
  const counted = new Map([...sent.keys()].map((step) => [step, 0]));
  let falsePositives = 0;
  for (const report of sink.reports) {
    const step = [...sent.keys()].find((each) => findReport([report], each.report));
    if (step) counted.set(step, counted.get(step) + (report.count ?? 1));
    else falsePositives += report.count ?? 1;
  }
  let reported = 0;
  for (const [step, times] of counted) {
    reported += Math.min(times, sent.get(step));
    falsePositives += Math.max(0, times - sent.get(step));
  }
  return { reported, false_positives: falsePositives };
}
