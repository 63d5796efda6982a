// Checks that a stack begins in the page, in the format of the engine.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

/** `at name (file:line:column)` of V8, `name@file:line:column` of the others. */
const FRAME = { v8: /^ {4}at (?:async )?(\S+) \((\S+?):(\d+):\d+\)$/, 'at sign': /^(.+?)@(\S+?):(\d+):\d+$/ };

/**
 * Fails unless the innermost frame is this function of `page.js`, at its marked line, and no frame is in the client.
 */
export async function assertCaller(engine, server, text, caller) {
  const frames = text.split('\n').filter((frame) => FRAME[engine.stacks].test(frame));
  assert.ok(frames.length > 0, `no frame of ${engine.version} in\n${text}`);
  const [, name, file, line] = FRAME[engine.stacks].exec(frames[0]);
  assert.deepEqual([name, file, Number(line)], [caller, `${server.origin}/page.js`, await lineOf(caller)], text);
  assert.doesNotMatch(text, /mcp-autoheal/, 'no frame of the client');
}

/** Fails unless a stack is the place of this function's marked line, as the window's `error` event names it. */
export async function assertPlace(server, text, thrower) {
  const place = `    at ${server.origin}/page.js:${await lineOf(thrower)}:`;
  assert.ok(text.split('\n').at(-1).startsWith(place), `${text} does not end with ${place}`);
}

async function lineOf(caller) {
  const source = await readFile(new URL('./page/page.js', import.meta.url), 'utf8');
  return source.split('\n').findIndex((line) => line.endsWith(`// ${caller}`)) + 1;
}
