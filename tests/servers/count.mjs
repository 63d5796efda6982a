// Counts how many failing calls of real servers are reported, and how many successful ones are by mistake: `--short`
// for a tenth of them. Prints a table, and last a line of JSON.

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
import { environment, wrapped } from './harness/conversation.mjs';
import { find, told } from './harness/expectations.mjs';
import { connect } from './harness/line-client.mjs';
import { startSink } from './harness/sink.mjs';

const SERVERS = [everything, filesystem, time, git, fastmcp, typescript, rmcp];
const short = process.argv.includes('--short');
const SUCCESSFUL = short ? 1_000 : 10_000;
const FAILING = short ? 140 : 1_400;
/** Calls that are under way at a time. */
const AT_ONCE = 4;

const total = { failing: 0, reported: 0, successful: 0, false_positives: 0 };
console.log(line('server', 'failing', 'reported', 'successful', 'mistaken', 'seconds'));
for (const [place, session] of SERVERS.entries()) {
  const begun = performance.now();
  const counts = await count(session, share(FAILING, place), share(SUCCESSFUL, place));
  for (const name of Object.keys(total)) total[name] += counts[name];
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const { failing, reported, successful, false_positives: mistaken } = counts;
  console.log(line(session.name, failing, reported, successful, mistaken, seconds));
}
console.log(JSON.stringify(total));

/** A line of the table. */
function line(name, ...figures) {
  return name.padEnd(20) + figures.map((figure) => String(figure).padStart(12)).join('');
}

/** One server's part of all calls; the parts add up. */
function share(all, place) {
  const upTo = (index) => Math.floor((all * index) / SERVERS.length);
  return upTo(place + 1) - upTo(place);
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
    // Noise on the wire is a failure of its own kind, beside a call that succeeds.
    const fails = steps.filter(({ wire, report }) => report && wire && wire.channel !== 'result');
    const works = steps.filter(({ wire, report, slow }) => !report && !slow && wire?.channel === 'result');
    const sent = new Map(fails.map((step) => [step, 0]));
    await lead(client, mixed(fails, failing, works, successful), sent);
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

/** The calls in an order that spreads the failing ones evenly. */
function mixed(fails, failing, works, successful) {
  const calls = [];
  const all = failing + successful;
  let failed = 0;
  for (let index = 0; index < all; index += 1) {
    const fail = failed < Math.floor(((index + 1) * failing) / all);
    calls.push(fail ? fails[failed++ % fails.length] : works[index % works.length]);
  }
  return calls;
}

/** Sends the calls, a few at a time, and makes sure that each ends as its table says. */
async function lead(client, calls, sent) {
  let next = 0;
  async function go() {
    while (next < calls.length) {
      const step = calls[next];
      next += 1;
      const answer = await client.request({ jsonrpc: '2.0', ...step.send, id: next });
      if (told(answer).channel !== step.wire.channel) throw new Error(`${step.name}: ${JSON.stringify(answer)}`);
      if (sent.has(step)) sent.set(step, sent.get(step) + 1);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, go));
}

/** A report counts for the call it is about, and not more often than that was made. */
function compare(sink, sent) {
  const counted = new Map([...sent.keys()].map((step) => [step, 0]));
  let mistaken = 0;
  for (const report of sink.reports) {
    const step = [...sent.keys()].find((each) => find([report], each.report));
    if (step) counted.set(step, counted.get(step) + (report.count ?? 1));
    else mistaken += report.count ?? 1;
  }
  let reported = 0;
  for (const [step, times] of counted) {
    reported += Math.min(times, sent.get(step));
    mistaken += Math.max(0, times - sent.get(step));
  }
  return { reported, false_positives: mistaken };
}
