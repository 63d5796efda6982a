// Checks the built client against recorded calls: `node scripts/check-calls.mjs FILE…`, after a build.
//
// A file is a JSON array of {call, args, body}. The body is the expected request without ids.

import { readFileSync } from 'node:fs';

import { comparable, startRecorder } from '../ipfs-accelerate/recorder.mjs';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node scripts/check-calls.mjs FILE…');
  process.exit(2);
}
const recorder = await startRecorder();
for (const file of files) {
  const vectors = JSON.parse(readFileSync(file, 'utf8'));
  let passed = 0;
  for (const { call, args, body } of vectors) {
    const expected = comparable(body);
    const sent = await recorder.sent(call, args).catch((error) => String(error));
    if (sent === expected) passed += 1;
    else console.log(`${call}(${JSON.stringify(args).slice(1, -1)})\n  expected ${expected}\n  sent     ${sent}`);
  }
  console.log(`${file}: ${passed} of ${vectors.length}`);
  if (passed !== vectors.length || passed === 0) process.exitCode = 1;
}
await recorder.close();
