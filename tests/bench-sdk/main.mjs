// Measures the built browser package and the official client in one page of Chromium, and prints the figures.

import { join } from 'node:path';

import { openPage } from './chromium.mjs';
import { failedChecks, print } from './figures.mjs';
import { serve } from './serve.mjs';
import { measureSizes, officialClient } from './sizes.mjs';

// A batch takes about a millisecond. Other processes interrupt longer batches: with 300 calls, the medians were up to
// twice as high and differed by half between runs.
const SHORT = { rounds: 20, callsPerBatch: 40, rejections: 500, largeRuns: 3 };
const FULL = { rounds: 800, callsPerBatch: 40, rejections: 1000, largeRuns: 21 };

const options = process.argv.slice(2);
if (options.some((option) => option !== '--short')) {
  throw new Error(`unknown options ${options.join(' ')}; the only one is --short`);
}
const short = options.includes('--short');
const dist = join(import.meta.dirname, '../../npm/dist');

const official = await officialClient();
const sizes = await measureSizes(dist, official);
const server = await serve(dist, official);
const closePage = await openPage(server.url(short ? SHORT : FULL), server.fail);
let measured;
try {
  measured = await server.measured;
} finally {
  await closePage();
  server.close();
}

const figures = { ...sizes, ...measured };
const failed = failedChecks(figures, short);
print(figures, failed, short);
process.exitCode = failed.length === 0 ? 0 : 1;
