// The time of a call that succeeds, above the same call by hand.

import { byHand, fromDeepDown, official, ours } from './clients.js';
import { median } from './statistics.js';

const WARM_UP = 3000;

/**
 * Every batch of a client stands between two batches by hand, and is compared with those: the speed of a shared machine
 * changes from one moment to the next, and hits neighbours alike. The loop never leaves the main thread while it runs,
 * so its time is the main thread's work; of garbage collection, the median of short batches sees little.
 */
export async function measureCalls(rounds, callsPerBatch) {
  const ways = await clients();
  const names = Object.keys(ways);
  await timePerCall(byHand, WARM_UP);
  for (const name of names) await timePerCall(ways[name], WARM_UP);

  const above = Object.fromEntries(names.map((name) => [name, []]));
  const hand = [];
  for (let round = 0; round < rounds; round += 1) {
    let before = await timePerCall(byHand, callsPerBatch);
    for (let place = 0; place < names.length; place += 1) {
      const name = names[(place + round) % names.length]; // nobody is always the one after the slowest
      const time = await timePerCall(ways[name], callsPerBatch);
      const after = await timePerCall(byHand, callsPerBatch);
      above[name].push(time - (before + after) / 2);
      hand.push(after);
      before = after;
    }
    await new Promise((resume) => setTimeout(resume)); // timers and reports are due, outside of what is measured
  }

  return {
    hand_us: median(hand),
    call_over_raw_us: median(above.ours),
    official_over_raw_us: median(above.official),
    ratio_to_official: median(above.ours) / median(above.official),
    // round by round, for the same reason
    reporting_cost_us: median(above.ours.map((time, round) => time - above.quiet[round])),
    deep_call_over_raw_us: median(above.deep),
    modern_call_over_raw_us: median(above.modern),
    plain_call_over_raw_us: median(above.plain),
  };
}

async function clients() {
  const add = (client) => () => client.callTool('add', { a: 1, b: 2 });
  const headline = add(await ours({ reports: true }));
  const theirs = await official();
  return {
    ours: headline,
    quiet: add(await ours({ reports: false })),
    deep: () => fromDeepDown(headline),
    modern: add(await ours({ reports: true, era: 'modern' })),
    plain: add(await ours({ reports: true, era: false })),
    official: () => theirs.callTool({ name: 'add', arguments: { a: 1, b: 2 } }),
  };
}

/** Microseconds per call of one batch. */
async function timePerCall(call, calls) {
  let result;
  const begin = performance.now();
  for (let made = 0; made < calls; made += 1) result = await call();
  const time = performance.now() - begin;
  if (result?.structuredContent?.sum !== 3) throw new Error(`a call came back with ${JSON.stringify(result)}`);
  return (time * 1000) / calls;
}
