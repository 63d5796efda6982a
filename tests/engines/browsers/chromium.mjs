// Chromium, by playwright-core over its debugging protocol.

import { chromium } from 'playwright-core';

import { program } from './programs.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
FLAGS.push('--disable-component-update', '--disable-sync');

/** Starts it with one tab. */
export async function startChromium() {
  const executablePath = program('CHROMIUM', ['/usr/bin/chromium'], 'chromium');
  const browser = await chromium.launch({ executablePath, args: FLAGS, headless: true });
  const page = await browser.newPage();
  return {
    version: `Chromium ${browser.version()}`,
    stacks: 'v8',
    open: (address) => page.goto(address),
    evaluate: (text, args) => page.evaluate(`(${text})(...${JSON.stringify(args)})`),
    close: () => browser.close(),
  };
}
