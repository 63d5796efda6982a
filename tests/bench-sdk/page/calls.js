// The time of a successful call, minus the time of the same call with fetch.

import { withFetch, fromDeepStack, official, ours } from './clients.js';
import { median } from './statistics.js';

const WARM_UP = 3000;

/**
 * Compares each batch of a client with the batches of fetch before and after it, because the speed of a shared machine
 * changes, but equally for neighbours. All work happens on the main thread, so the time of a batch is that work. The
 * median of short batches contains little garbage collection.
 */
export async function measureCalls(rounds, callsPerBatch) {
  const variants = await clients();
  const names = Object.keys(variants);
  await timePerCall(withFetch, WARM_UP);
  for (const name of names) await timePerCall(variants[name], WARM_UP);

  const differences = Object.fromEntries(names.map((name) => [name, []]));
  const fetchTimes = [];
  for (let round = 0; round < rounds; round += 1) {
    let before = await timePerCall(withFetch, callsPerBatch);
    for (let index = 0; index < names.length; index += 1) {
      const name = names[(index + round) % names.length]; // rotates, so that no client is always after the slowest
      const time = await timePerCall(variants[name], callsPerBatch);
      const after = await timePerCall(withFetch, callsPerBatch);
      differences[name].push(time - (before + after) / 2);
      fetchTimes.push(after);
      before = after;
    }
    await new Promise((resume) => setTimeout(resume)); // runs timers and reports outside of the measured time
  }

  return {
    hand_us: median(fetchTimes),
    call_over_raw_us: median(differences.ours),
    official_over_raw_us: median(differences.official),
    ratio_to_official: median(differences.ours) / median(differences.official),
    // the difference of each round, for the same reason
    reporting_cost_us: median(differences.ours.map((time, round) => time - differences.quiet[round])),
    deep_call_over_raw_us: median(differences.deep),
    modern_call_over_raw_us: median(differences.modern),
    plain_call_over_raw_us: median(differences.plain),
  };
}

async function clients() {
  const add = (client) => () => client.callTool('add', { a: 1, b: 2 });
  const reporting = add(await ours({ reports: true }));
  const officialClient = await official();
  return {
    ours: reporting,
    quiet: add(await ours({ reports: false })),
    deep: () => fromDeepStack(reporting),
    modern: add(await ours({ reports: true, era: 'modern' })),
    plain: add(await ours({ reports: true, era: false })),
    official: () => officialClient.callTool({ name: 'add', arguments: { a: 1, b: 2 } }),
  };
}

/** Microseconds per call of one batch. */
async function timePerCall(call, calls) {
  let result;
  const begin = performance.now();
  for (let count = 0; count < calls; count += 1) result = await call();
  const time = performance.now() - begin;
  if (result?.structuredContent?.sum !== 3) throw new Error(`a call resolved to ${JSON.stringify(result)}`);
  return (time * 1000) / calls;
}
