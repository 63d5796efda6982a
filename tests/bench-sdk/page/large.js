// A result of ten megabytes, beside the same by hand.

import { byHand, official, ours } from './clients.js';
import { moduleBytes } from './memory.js';
import { median } from './statistics.js';
import { ANSWERED, answerCallsWith } from './stub.js';

const BYTES = 10_000_000;
const HEAD = '{"jsonrpc":"2.0","id":';
const ROOM = 64; // for any id; JSON allows the blanks that are left
const ROW = { sku: 'AB-1234', title: 'A thing "with" quotes, and ümlauts', price: 12.5, tags: ['one', 'two'] };

/** Alternates the ways; `moduleGrowth` tells whether a result was copied into the module. */
export async function measureLargeResult(runs) {
  const answer = largeAnswer();
  answerCallsWith(answer);
  const [client, theirs] = [await ours({ reports: true }), await official()];
  const ways = {
    hand: byHand,
    ours: () => client.callTool('add', { a: 1, b: 2 }),
    official: () => theirs.callTool({ name: 'add', arguments: { a: 1, b: 2 } }),
  };
  const times = { hand: [], ours: [], official: [] };
  const before = moduleBytes();
  for (let run = -2; run < runs; run += 1) {
    for (const [name, call] of Object.entries(ways)) {
      globalThis.gc(); // nobody pays for what the one before left
      const begin = performance.now();
      const result = await call();
      const time = performance.now() - begin;
      if (!(result.structuredContent.rows.length > 1000)) throw new Error('the large result lost its rows');
      if (run >= 0) times[name].push(time); // the first two warm up
    }
  }
  const growth = moduleBytes() - before;
  answerCallsWith();
  return {
    large_hand_ms: median(times.hand),
    large_result_ratio: median(times.ours) / median(times.hand),
    large_official_ratio: median(times.official) / median(times.hand),
    large_module_growth_mib: growth / 2 ** 20,
  };
}

/** Answers with the same bytes each time, but for the id. */
function largeAnswer() {
  const row = JSON.stringify(ROW);
  const rows = Array(Math.ceil(BYTES / (row.length + 1))).fill(row).join(',');
  const blank = ' '.repeat(ROOM);
  const text = `${HEAD}${blank},"result":{"content":[],"structuredContent":{"rows":[${rows}]}}}`;
  const encoder = new TextEncoder();
  const bytes = encoder.encode(text);
  return (id) => {
    encoder.encodeInto(id.padEnd(ROOM), bytes.subarray(HEAD.length));
    return Promise.resolve(new Response(bytes, ANSWERED));
  };
}
