// Measures one thing after the other and posts the figures back.

import './memory.js';

import { measureCalls } from './calls.js';
import { measureRejections, measureStorm } from './failures.js';
import { measureLargeResult } from './large.js';
import { throughTheNetwork } from './stub.js';

async function measure() {
  if (!crossOriginIsolated) throw new Error('the page is not isolated, so its clock is too coarse');
  const parameters = new URLSearchParams(location.search);
  const { rounds, callsPerBatch, rejections, largeRuns } = Object.fromEntries(
    [...parameters].map(([name, value]) => [name, Number(value)]),
  );
  return {
    ...(await measureCalls(rounds, callsPerBatch)),
    ...(await measureRejections(rejections)),
    ...(await measureStorm()),
    ...(await measureLargeResult(largeRuns)),
  };
}

function post(message) {
  return throughTheNetwork('/figures', { method: 'POST', body: JSON.stringify(message) });
}

measure().then(
  (figures) => post({ figures }),
  (error) => post({ failure: String(error?.stack ?? error) }),
);
