// Accessibility of all pages: structure, names, contrast, keyboard.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { lowContrastTexts } from './contrast.mjs';
import { demoPage, github, group, newPage, report, service, waitForStandIn } from './harness.mjs';

const MIN_CONTRAST = 4.5;

/**
 * One failure of each severity, with application and library frames, so that all styles of the dashboard are in use.
 */
const failures = [
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

/** The URLs of all pages by name. */
let pages;

before(async () => {
  const receipts = await report(failures);
  const { issue } = await group(({ fingerprint, issue }) => fingerprint === receipts[2].fingerprint && issue);
  await waitForStandIn({ issues: 1 });
  pages = {
    'the list of groups': `${service}/`,
    'a group': `${service}/groups/${receipts[2].fingerprint}`,
    'a missing group': `${service}/groups/${'0'.repeat(32)}`,
    'the demo page': demoPage(),
    "the stand-in's list": `${github}/`,
    "the stand-in's page of an issue": issue.url,
  };
});

/** Opens all pages, one after another. */
async function eachPage(t, options, check) {
  const { page } = await newPage(t, options);
  for (const [name, url] of Object.entries(pages)) {
    await page.goto(url);
    await check(page, name);
  }
}

test('each page has a title, a language, one h1 and its landmarks', async (t) => {
  await eachPage(t, {}, async (page, name) => {
    assert.match(await page.title(), /\S/, name);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en', name);
    // The text of an issue, inside the article, may have headings too.
    const headings = page.locator('h1:not(article h1)');
    assert.equal(await headings.count(), 1, name);
    assert.match(await headings.innerText(), /\S/, name);
    assert.equal(await page.getByRole('main').count(), 1, name);
    assert.equal(await page.locator('body > header').count(), 1, name);
  });
});

test('each link and button has a name', async (t) => {
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
  test(`each text has enough contrast in the ${colorScheme} scheme`, async (t) => {
    await eachPage(t, { colorScheme }, async (page, name) => {
      const { measured, lowContrast } = await page.evaluate(lowContrastTexts, MIN_CONTRAST);
      assert.ok(measured > 3, name);
      assert.deepEqual(lowContrast, [], name);
    });
  });
}

test('the first button of the demo page can be pressed by keyboard and shows its focus', async (t) => {
  const { page } = await newPage(t);
  await page.goto(pages['the demo page']);
  await page.keyboard.press('Tab');
  const focused = page.locator(':focus-visible');
  assert.equal(await focused.innerText(), 'Price my cart');
  assert.notEqual(await focused.evaluate((button) => getComputedStyle(button).outlineStyle), 'none');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: 'It worked' }).waitFor();
});
