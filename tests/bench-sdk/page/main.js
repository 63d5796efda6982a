// Runs all measurements and posts the figures.

import './memory.js';

import { measureCalls } from './calls.js';
import { measureRejections, measureRepeatedFailures } from './failures.js';
import { measureLargeResult } from './large.js';
import { networkFetch } from './stub.js';

async function measure() {
  if (!crossOriginIsolated) throw new Error('the page is not isolated, so its clock is too coarse');
  const parameters = new URLSearchParams(location.search);
  const { rounds, callsPerBatch, rejections, largeRuns } = Object.fromEntries(
    [...parameters].map(([name, value]) => [name, Number(value)]),
  );
  return {
    ...(await measureCalls(rounds, callsPerBatch)),
    ...(await measureRejections(rejections)),
    ...(await measureRepeatedFailures()),
    ...(await measureLargeResult(largeRuns)),
  };
}

function post(message) {
  return networkFetch('/figures', { method: 'POST', body: JSON.stringify(message) });
}

measure().then(
  (figures) => post({ figures }),
  (error) => post({ failure: String(error?.stack ?? error) }),
);
