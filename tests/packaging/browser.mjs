// Runs pages of projects in Chromium.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { chromium } from 'playwright-core';

import { CHROMIUM_FLAGS, chromiumProgram } from '../chromium.mjs';


const browser = await chromium.launch({ executablePath: chromiumProgram(), args: CHROMIUM_FLAGS, headless: true });
after(() => browser.close());

/** Opens a page that calls `server`. Resolves to the outcome of its calls and the other console messages. */
export async function outcomeOfPage(t, url, server) {
  const page = await browser.newPage();
  t.after(() => page.close());
  const messages = [];
  const printed = new Promise((resolve, reject) => {
    page.on('console', (message) => {
      const [, outcome] = message.text().match(/^outcome (.*)$/s) ?? [];
      if (outcome) resolve(JSON.parse(outcome));
      else messages.push(message.text());
    });
    page.on('pageerror', (error) => reject(error));
    page.on('close', () => reject(new Error('the page was closed')));
    page.setDefaultTimeout(30_000);
    setTimeout(() => reject(new Error(`the page printed no outcome\n${messages.join('\n')}`)), 30_000).unref();
  });
  const withServer = new URL(url);
  withServer.searchParams.set('server', server.origin);
  await Promise.all([printed, page.goto(withServer.href)]);
  return { outcome: await printed, messages };
}

/** The same for a page that must not print other messages. Resolves to the outcome. */
export async function outcomeOfGoodPage(t, url, server) {
  const { outcome, messages } = await outcomeOfPage(t, url, server);
  assert.deepEqual(messages.filter((text) => !text.startsWith('[vite]')), []);
  return outcome;
}
