// What every case starts from: an engine that runs, a server of its own, and the page open in a tab.

import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';

import { startServer } from './server.mjs';

export { error, json, result } from '../../npm/test/server.mjs';

/** A server of another origin, which ends with the test. */
export async function otherOrigin(t, script) {
  const server = await startServer(script);
  t.after(() => server.close());
  return server;
}

const PATIENCE = 30_000;

/**
 * The page of one case. `run(function, …arguments)` runs a function in the page and resolves to its result as data;
 * `leave()` goes to another page, and `comeBack()` opens it anew. After the case, nothing may have reached the page as
 * an uncaught error.
 */
export async function openPage(t, browser, script, { search = '' } = {}) {
  const server = await startServer(script);
  let left = false;
  const run = (text, ...args) => answered(browser.evaluate(String(text), args), text);
  t.after(async () => {
    try {
      if (!left) assert.deepEqual(await run(() => window.complaints), []);
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

/** Not every driver has a limit of its own for a page that never answers. */
async function answered(answer, text) {
  const patience = new AbortController();
  const late = wait(PATIENCE, undefined, { signal: patience.signal }).then(() => assert.fail(`no answer to ${text}`));
  late.catch(() => {}); // cut short
  try {
    return await Promise.race([answer, late]);
  } finally {
    patience.abort();
  }
}
