// What people need who do not see a page as drawn, or not well: structure, names, contrast, the keyboard.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { faintTexts } from './contrast.mjs';
import { comes, demoPage, github, group, newPage, report, service } from './harness.mjs';

const LEAST_CONTRAST = 4.5;

/** One failure of each severity, with own and foreign frames, so that every style of the dashboard is in use. */
const varied = [
  { error_type: 'MemoryError', error_message: 'out of memory while reading the catalogue' },
  { error_type: 'OSError', error_message: 'the catalogue cannot be opened' },
  {
    error_type: 'TypeError',
    error_message: 'catalogue is not iterable',
    stack_trace:
      'TypeError: catalogue is not iterable\n    at readCatalogue (http://127.0.0.1/shop.js:4:2)\n    at go (http://127.0.0.1/node_modules/x/i.js:1:1)',
    context: { url: 'http://127.0.0.1/shop', release: 7 },
  },
  { error_type: 'KeyboardInterrupt', error_message: 'stopped by the user' },
];

/** Every page, by name. */
let pages;

before(async () => {
  const receipts = await report(varied);
  const { issue } = await group(({ fingerprint, issue }) => fingerprint === receipts[2].fingerprint && issue);
  await comes({ issues: 1 });
  pages = {
    'the list of groups': `${service}/`,
    'a group': `${service}/groups/${receipts[2].fingerprint}`,
    'a group that is not there': `${service}/groups/${'0'.repeat(32)}`,
    'the demo page': demoPage(),
    "the stand-in's list": `${github}/`,
    "the stand-in's page of an issue": issue.url,
  };
});

/** Opens every page in turn. */
async function eachPage(t, options, check) {
  const { page } = await newPage(t, options);
  for (const [name, address] of Object.entries(pages)) {
    await page.goto(address);
    await check(page, name);
  }
}

test('every page has a title, a language, one first heading and its landmarks', async (t) => {
  await eachPage(t, {}, async (page, name) => {
    assert.match(await page.title(), /\S/, name);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en', name);
    // An issue's own text may bring headings of its own; the page's is the one outside of it.
    const headings = page.locator('h1:not(article h1)');
    assert.equal(await headings.count(), 1, name);
    assert.match(await headings.innerText(), /\S/, name);
    assert.equal(await page.getByRole('main').count(), 1, name);
    assert.equal(await page.locator('body > header').count(), 1, name);
  });
});

test('every link and button has a name of its own', async (t) => {
  await eachPage(t, {}, async (page, name) => {
    for (const role of ['link', 'button']) {
      const all = await page.getByRole(role).count();
      assert.equal(await page.getByRole(role, { name: /\S/ }).count(), all, `${name}: ${role}`);
    }
    const links = await page.getByRole('link').evaluateAll((all) => all.map((link) => link.innerText.trim().toLowerCase()));
    assert.ok(!links.some((text) => ['here', 'link', 'more'].includes(text)), `${name}: ${links}`);
  });
});

for (const colorScheme of ['light', 'dark']) {
  test(`every text stands out from what is behind it, ${colorScheme}`, async (t) => {
    await eachPage(t, { colorScheme }, async (page, name) => {
      const { measured, faint } = await page.evaluate(faintTexts, LEAST_CONTRAST);
      assert.ok(measured > 3, name);
      assert.deepEqual(faint, [], name);
    });
  });
}

test('the first failing button of the demo can be reached and pressed by keyboard, with a visible focus', async (t) => {
  const { page } = await newPage(t);
  await page.goto(pages['the demo page']);
  await page.keyboard.press('Tab');
  const focused = page.locator(':focus-visible');
  assert.equal(await focused.innerText(), 'Price my cart');
  assert.notEqual(await focused.evaluate((button) => getComputedStyle(button).outlineStyle), 'none');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'It worked' }).waitFor();
});
