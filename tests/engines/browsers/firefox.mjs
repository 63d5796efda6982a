// Firefox, by puppeteer-core over WebDriver BiDi.

import puppeteer from 'puppeteer-core';

import { program } from './programs.mjs';

/**
 * Starts it with one tab. A page that is driven has asynchronous callers in its stacks, as with the debugger open;
 * the setting takes them out, so that stacks are what people's browsers write.
 */
export async function startFirefox() {
  const executablePath = program('FIREFOX', ['/usr/bin/firefox-esr', '/usr/bin/firefox'], 'firefox-esr');
  const extraPrefsFirefox = { 'javascript.options.asyncstack': false };
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox });
  const page = await browser.newPage();
  return {
    version: await browser.version(),
    stacks: 'at sign',
    open: (address) => page.goto(address),
    evaluate: (text, args) => page.evaluate(`(${text})(...${JSON.stringify(args)})`),
    close: () => browser.close(),
  };
}
