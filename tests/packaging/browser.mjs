// Chromium, and what a page of a project says in it.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

import { CHROMIUM_FLAGS, chromiumProgram } from '../chromium.mjs';


const browser = await chromium.launch({ executablePath: chromiumProgram(), args: CHROMIUM_FLAGS, headless: true });
after(() => browser.close());

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
