// Chromium, and what a page of a project says in it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
FLAGS.push('--disable-component-update', '--disable-sync');

const browser = await launch();
after(() => browser.close());

function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`No browser at ${executablePath}: apt-get install chromium, or name another one in CHROMIUM`);
  }
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}

/** Opens a page and returns what its calls came to; `server` is where they go. */
export async function outcomeOfPage(t, address, server) {
  const page = await browser.newPage();
  t.after(() => page.close());
  const complaints = [];
  const told = new Promise((resolve, reject) => {
    page.on('console', (message) => {
      const [, outcome] = message.text().match(/^outcome (.*)$/s) ?? [];
      if (outcome) resolve(JSON.parse(outcome));
      else complaints.push(message.text());
    });
    page.on('pageerror', (error) => reject(error));
    page.on('close', () => reject(new Error('the page was closed')));
    page.setDefaultTimeout(30_000);
    setTimeout(() => reject(new Error(`the page said nothing\n${complaints.join('\n')}`)), 30_000).unref();
  });
  const url = new URL(address);
  url.searchParams.set('server', server.origin);
  await Promise.all([told, page.goto(url.href)]);
  return { outcome: await told, complaints };
}

/** The same for a page that works, which has nothing to complain of. */
export async function outcomeOfGoodPage(t, address, server) {
  const { outcome, complaints } = await outcomeOfPage(t, address, server);
  assert.deepEqual(complaints.filter((text) => !text.startsWith('[vite]')), []);
  return outcome;
}
