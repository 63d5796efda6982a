// Pages under /app/ have the dashboard's origin, and must not be able to read it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newPage, openDemo, service } from './harness.mjs';

const PATHS = ['/', '/api/groups', '/metrics', '/groups/x', '/api/groups/x'];

test('a script under /app/ cannot read the dashboard', async (t) => {
  const { page } = await openDemo(t);
  for (const path of PATHS) {
    for (const mode of ['cors', 'same-origin', 'no-cors']) {
      const read = await page.evaluate(
        async ([url, mode]) => {
          const response = await fetch(url, { mode, credentials: 'include', referrerPolicy: 'no-referrer' });
          return { status: response.status, code: (await response.json()).code };
        },
        [path, mode],
      );
      assert.deepEqual(read, { status: 403, code: 'forbidden_origin' }, `${path} ${mode}`);
    }
  }
});

test('a page under /app/ cannot frame the dashboard', async (t) => {
  const { page } = await openDemo(t);
  for (const tag of ['iframe', 'object', 'embed']) {
    const text = await page.evaluate(async (tag) => {
      const element = document.createElement(tag);
      element[tag === 'object' ? 'data' : 'src'] = '/api/groups';
      const settled = new Promise((resolve) => {
        element.onload = resolve;
        element.onerror = resolve;
      });
      document.body.append(element);
      await settled;
      try {
        return element.contentDocument?.documentElement?.textContent ?? '';
      } catch {
        return '';
      }
    }, tag);
    assert.doesNotMatch(text, /"groups"/, tag);
  }
});

test('a page under /app/ loses the window that it opens', async (t) => {
  const { page } = await openDemo(t);
  for (const url of ['/', '/api/groups']) {
    const opened = page.context().waitForEvent('page');
    await page.evaluate((url) => {
      globalThis.opened = globalThis.open(url);
    }, url);
    const dashboard = await opened;
    await dashboard.waitForLoadState();
    assert.equal(await dashboard.evaluate(() => opener), null, url);
    const read = await page.evaluate(() => {
      try {
        return globalThis.opened.closed ? 'closed' : globalThis.opened.document.body.textContent;
      } catch (error) {
        return error.name;
      }
    });
    assert.ok(['closed', 'SecurityError'].includes(read), `${url}: ${read}`);
    await dashboard.close();
  }
});

test('a person opens the dashboard with its stylesheet', async (t) => {
  const { page, problems } = await newPage(t);
  await page.goto(`${service}/`);
  assert.equal(await page.evaluate(() => document.styleSheets.length), 1);
  assert.ok(await page.evaluate(() => document.styleSheets[0].cssRules.length > 0));
  assert.deepEqual(problems, []);
});
