// Firefox, driven by puppeteer-core over WebDriver BiDi.

import puppeteer from 'puppeteer-core';

import { findProgram } from './programs.mjs';

/**
 * Starts Firefox with one tab. A driven page has asynchronous callers in its stacks, as with an open debugger. The
 * preference removes them, so that stacks are the same as in the browsers of users.
 */
export async function startFirefox() {
  const executablePath = findProgram('FIREFOX', ['/usr/bin/firefox-esr', '/usr/bin/firefox'], 'firefox-esr');
  const extraPrefsFirefox = { 'javascript.options.asyncstack': false };
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox });
  const page = await browser.newPage();
  return {
    version: await browser.version(),
    stacks: 'at sign',
    open: (url) => page.goto(url),
    evaluate: (text, args) => page.evaluate(`(${text})(...${JSON.stringify(args)})`),
    close: () => browser.close(),
  };
}
