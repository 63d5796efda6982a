// Opens a page in Chromium without a debugger, which would make each `new Error()` two to three times slower.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CHROMIUM_FLAGS, chromiumProgram } from '../chromium.mjs';

// The page can collect garbage itself and read the exact size of the heap.
const FLAGS = ['--headless', ...CHROMIUM_FLAGS, '--js-flags=--expose-gc', '--enable-precise-memory-info'];

/** Opens a URL. Calls `onFailure` if the browser ends by itself. Resolves to a function that closes the browser. */
export async function openPage(url, onFailure) {
  const program = chromiumProgram();
  const profile = await mkdtemp(join(tmpdir(), 'bench-sdk-'));
  const flags = [...FLAGS, `--user-data-dir=${profile}`, url];
  const browser = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  browser.stderr.on('data', (data) => (stderr = (stderr + data).slice(-2000)));
  const ended = new Promise((resolve) => {
    browser.on('error', resolve);
    browser.on('close', resolve);
  });
  ended.then((reason) => onFailure(new Error(`Chromium ended (${reason}): ${stderr}`)));

  return async () => {
    browser.kill();
    await ended;
    // The helper processes of the browser may still write.
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
}
