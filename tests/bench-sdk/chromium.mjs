// Starts Chromium on a page, without a debugger: an attached one makes every `new Error()` two to three times dearer.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CHROMIUM_FLAGS, chromiumProgram } from '../chromium.mjs';

// The page can collect garbage itself and read the exact size of the heap.
const FLAGS = ['--headless', ...CHROMIUM_FLAGS, '--js-flags=--expose-gc', '--enable-precise-memory-info'];

/** Opens `address`; calls `failed` if the browser ends by itself. Returns what closes it. */
export async function openPage(address, failed) {
  const program = chromiumProgram();
  const profile = await mkdtemp(join(tmpdir(), 'bench-sdk-'));
  const flags = [...FLAGS, `--user-data-dir=${profile}`, address];
  const browser = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  browser.stderr.on('data', (data) => (said = (said + data).slice(-2000)));
  const ended = new Promise((end) => {
    browser.on('error', end);
    browser.on('close', end);
  });
  ended.then((how) => failed(new Error(`Chromium ended (${how}): ${said}`)));

  return async () => {
    browser.kill();
    await ended;
    // Its helper processes may still be writing.
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
}
