// Shared by the cases: a server for each case, and its page in a tab of the engine.

import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';

import { startServer } from './server.mjs';

export { error, json, result } from '../../npm/test/server.mjs';

/** A server of another origin until the end of the test. */
export async function otherOrigin(t, script) {
  const server = await startServer(script);
  t.after(() => server.close());
  return server;
}

const TIMEOUT = 30_000;

/**
 * Opens the page of one case. `run(function, …arguments)` runs a function in the page and resolves to its result as
 * data, `leave()` opens another page, `comeBack()` opens the page again. The test fails if there were uncaught errors
 * in the page.
 */
export async function openPage(t, browser, script, { search = '' } = {}) {
  const server = await startServer(script);
  let left = false;
  const run = (text, ...args) => withTimeout(browser.evaluate(String(text), args), text);
  t.after(async () => {
    try {
      if (!left) assert.deepEqual(await run(() => window.uncaughtErrors), []);
      await browser.open('about:blank');
    } finally {
      await server.close();
    }
  });
  await browser.open(`${server.origin}/${search}`);
  return {
    server,
    run,
    leave() {
      left = true;
      return browser.open(`${server.origin}/away`);
    },
    comeBack() {
      left = false;
      return browser.open(`${server.origin}/${search}`);
    },
  };
}

/** Not all drivers have a timeout for a page that does not respond. */
async function withTimeout(result, text) {
  const timer = new AbortController();
  const timedOut = wait(TIMEOUT, undefined, { signal: timer.signal }).then(() => assert.fail(`no result of ${text}`));
  timedOut.catch(() => {}); // aborted
  try {
    return await Promise.race([result, timedOut]);
  } finally {
    timer.abort();
  }
}
