// Chromium, driven by playwright-core over the debugging protocol.

import { chromium } from 'playwright-core';

import { CHROMIUM_FLAGS, chromiumProgram } from '../../chromium.mjs';

/** Starts Chromium with one tab. */
export async function startChromium() {
  const executablePath = chromiumProgram();
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS, headless: true });
  const page = await browser.newPage();
  return {
    version: `Chromium ${browser.version()}`,
    stacks: 'v8',
    open: (url) => page.goto(url),
    evaluate: (text, args) => page.evaluate(`(${text})(...${JSON.stringify(args)})`),
    close: () => browser.close(),
  };
}
