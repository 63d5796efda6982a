// The dashboard in a browser: without scripts, with its Content-Security-Policy, and with hostile reports.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { control, github, group, newPage, report, service, waitForStandIn } from './harness.mjs';

const PHONE = { width: 360, height: 740 };
const SCRIPT = '<script>alert(1)</script>';
const LONG = 'word'.repeat(2_500);

/** Reports with markup, scripts, control characters and long words in all fields. */
const hostile = [
  {
    error_type: `"><img src=x onerror=alert(2)>`,
    error_message: `</pre></main>${SCRIPT}' onmouseover='alert(3) \u202e\u200b<!-- ]]> {{ 7 * 7 }} {% raw %}`,
    stack_trace: `Error: x\n    at </code>${SCRIPT} (javascript:alert(4):1:2)\n    at f (http://127.0.0.1/<svg/onload=alert(5)>.js:3:4)`,
    context: { url: `http://127.0.0.1/"${SCRIPT}`, [`</pre>${SCRIPT}`]: ['</dd><iframe src=//127.0.0.1>', '\u2066\u202e'] },
    logs: [{ message: `\u001b[31m${SCRIPT}` }],
    release: `1.0"><b>`,
  },
  {
    error_type: LONG.slice(0, 500),
    error_message: `${LONG.slice(0, 9_000)} ${'漢'.repeat(500)}`,
    stack_trace: `Error\n    at ${LONG} (http://127.0.0.1/${LONG}.js:1:1)`,
    context: { [LONG]: LONG, endpoint: LONG },
    release: LONG,
  },
];

let fingerprints;

before(async () => {
  await control('faults', { on: 'create_issue', failure: { kind: 'hold_before' } });
  fingerprints = (await report(hostile)).map(({ fingerprint }) => fingerprint);
  await waitForStandIn({ operation: 'create_issue', held: true });
});

after(() => control('faults', undefined, 'DELETE'));

/** The URLs of the pages that show hostile text. */
const urls = () => [`${service}/`, ...fingerprints.map((fingerprint) => `${service}/groups/${fingerprint}`)];

async function assertOnlyText(t) {
  const { page, problems } = await newPage(t);
  for (const url of urls()) {
    await page.goto(url);
    const foreignElements = 'script, img, iframe, svg, form, input, style, object, embed, b, meta[http-equiv], [onmouseover], [onerror]';
    assert.equal(await page.locator(foreignElements).count(), 0, url);
    assert.equal(await page.locator('main').count(), 1, url);
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((a) => a.href));
    for (const link of links) assert.ok([service, github].some((origin) => link.startsWith(`${origin}/`)), link);
  }
  await page.goto(urls()[1]);
  const text = await page.locator('main').innerText();
  for (const part of [SCRIPT, '"><img src=x onerror=alert(2)>', '{{ 7 * 7 }}', String.raw`\u{202e}\u{200b}`, String.raw`\u{1b}[31m`]) {
    assert.ok(text.includes(part), `${part} is not in\n${text}`);
  }
  assert.doesNotMatch(text, /[\u200b\u2066\u202e\u001b]/u);
  assert.deepEqual(problems, []);
}

async function assertFitsPhone(t) {
  const { page } = await newPage(t, { viewport: PHONE });
  for (const url of urls()) {
    await page.goto(url);
    const overflow = await page.evaluate(() => {
      const edge = document.documentElement.clientWidth;
      const over = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > edge + 0.5);
      return { scrolls: document.documentElement.scrollWidth > edge, over: over.map((element) => element.outerHTML.slice(0, 80)) };
    });
    assert.deepEqual(overflow, { scrolls: false, over: [] }, url);
  }
}

test('hostile text in the preview of an issue is shown as text and fits a phone', async (t) => {
  t.after(() => control('release', {}));
  const { page } = await newPage(t);
  await page.goto(urls()[1]);
  await page.getByRole('heading', { name: 'The issue that would be opened' }).waitFor();
  await assertOnlyText(t);
  await assertFitsPhone(t);
});

test('hostile text of a group with an issue is shown as text', async (t) => {
  for (const expected of fingerprints) await group(({ fingerprint, issue }) => fingerprint === expected && issue);
  await assertOnlyText(t);
});

test('no page scrolls sideways on a phone, however long the words', assertFitsPhone);

test('the pages work without scripts', async (t) => {
  const { page } = await newPage(t, { javaScriptEnabled: false });
  await report({ error_type: 'TypeError', error_message: 'the dashboard needs no script' });
  await page.goto(service);
  await page.getByRole('link', { name: 'the dashboard needs no script' }).click();
  await page.getByRole('heading', { level: 1, name: 'TypeError: the dashboard needs no script' }).waitFor();
  await page.getByRole('link', { name: 'all groups' }).click();
  assert.equal(page.url(), `${service}/`);
});

test('the pages load only their stylesheet and log nothing to the console', async (t) => {
  for (const path of ['/', `/groups/${fingerprints[0]}`]) {
    const { page, problems } = await newPage(t);
    const fetched = [];
    page.on('request', (request) => fetched.push(request.url()));
    const response = await page.goto(`${service}${path}`, { waitUntil: 'networkidle' });
    const policy = response.headers()['content-security-policy'];
    assert.match(policy, /^default-src 'none'; style-src 'self'; img-src data:;/);
    assert.doesNotMatch(policy, /script-src|unsafe/);
    const urls = fetched.filter((url) => !url.startsWith('data:'));
    assert.deepEqual(urls, [`${service}${path}`, `${service}/style.css`]);
    assert.deepEqual(problems, []);
  }
});

test('an unknown group gets HTTP 404 and a link back', async (t) => {
  const { page } = await newPage(t);
  const response = await page.goto(`${service}/groups/${'0'.repeat(32)}`);
  assert.equal(response.status(), 404);
  await page.getByRole('heading', { level: 1, name: 'There is no such group' }).waitFor();
  await page.getByRole('link', { name: 'All groups' }).click();
  await page.getByRole('heading', { level: 1, name: 'Error groups' }).waitFor();
});
