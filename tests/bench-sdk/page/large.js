// A result of 10 MB, compared with fetch.

import { withFetch, official, ours } from './clients.js';
import { moduleBytes } from './memory.js';
import { median } from './statistics.js';
import { RESPONSE, respondToCallsWith } from './stub.js';

const BYTES = 10_000_000;
const HEAD = '{"jsonrpc":"2.0","id":';
const ID_LENGTH = 64; // bytes reserved for the id, padded with spaces
const ROW = { sku: 'AB-1234', title: 'A thing "with" quotes, and ümlauts', price: 12.5, tags: ['one', 'two'] };

/** Alternates the clients. The growth of the module shows whether a result was copied into it. */
export async function measureLargeResult(runs) {
  respondToCallsWith(largeResponse());
  const [client, officialClient] = [await ours({ reports: true }), await official()];
  const variants = {
    hand: withFetch,
    ours: () => client.callTool('add', { a: 1, b: 2 }),
    official: () => officialClient.callTool({ name: 'add', arguments: { a: 1, b: 2 } }),
  };
  const times = { hand: [], ours: [], official: [] };
  const before = moduleBytes();
  for (let run = -2; run < runs; run += 1) {
    for (const [name, call] of Object.entries(variants)) {
      globalThis.gc(); // so that no run collects the garbage of the run before
      const begin = performance.now();
      const result = await call();
      const time = performance.now() - begin;
      if (!(result.structuredContent.rows.length > 1000)) throw new Error('the large result lost its rows');
      if (run >= 0) times[name].push(time); // the first two warm up
    }
  }
  const growth = moduleBytes() - before;
  respondToCallsWith();
  return {
    large_hand_ms: median(times.hand),
    large_result_ratio: median(times.ours) / median(times.hand),
    large_official_ratio: median(times.official) / median(times.hand),
    large_module_growth_mib: growth / 2 ** 20,
  };
}

/** A function that responds with the same bytes each time, except for the id. */
function largeResponse() {
  const row = JSON.stringify(ROW);
  const rows = Array(Math.ceil(BYTES / (row.length + 1))).fill(row).join(',');
  const padding = ' '.repeat(ID_LENGTH);
  const text = `${HEAD}${padding},"result":{"content":[],"structuredContent":{"rows":[${rows}]}}}`;
  const encoder = new TextEncoder();
  const bytes = encoder.encode(text);
  return (id) => {
    encoder.encodeInto(id.padEnd(ID_LENGTH), bytes.subarray(HEAD.length));
    return Promise.resolve(new Response(bytes, RESPONSE));
  };
}
