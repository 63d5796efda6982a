// Starts Chromium on a page, without a debugger: an attached one makes every `new Error()` two to three times dearer.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
FLAGS.push('--disable-background-networking', '--disable-component-update', '--disable-sync');
// The page collects garbage when it asks, and reads the heap's size without the noise that is added for strangers.
FLAGS.push('--js-flags=--expose-gc', '--enable-precise-memory-info');

/** Opens `address`; calls `failed` if the browser ends by itself. Returns what closes it. */
export async function openPage(address, failed) {
  const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(program)) {
    throw new Error(`No browser at ${program}: apt-get install chromium, or name another one in CHROMIUM`);
  }
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
