// Checks the built client against recorded calls: `node scripts/check-calls.mjs FILE…`, after a build.
//
// A file is a JSON array of {call, args, body}; the body is what has to be sent, without ids.

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
  let right = 0;
  for (const { call, args, body } of vectors) {
    const wanted = comparable(body);
    const sent = await recorder.sent(call, args).catch((error) => String(error));
    if (sent === wanted) right += 1;
    else console.log(`${call}(${JSON.stringify(args).slice(1, -1)})\n  wanted ${wanted}\n  sent   ${sent}`);
  }
  console.log(`${file}: ${right} of ${vectors.length}`);
  if (right !== vectors.length || right === 0) process.exitCode = 1;
}
await recorder.close();
