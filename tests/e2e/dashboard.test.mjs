// The dashboard in a browser: without scripts, within its policy, and with reports written to break it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { comes, control, github, group, newPage, report, service } from './harness.mjs';

const PHONE = { width: 360, height: 740 };
const SCRIPT = '<script>alert(1)</script>';
const LONG = 'word'.repeat(2_500);

/** Reports whose every field tries to be more than text. */
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
  await comes({ operation: 'create_issue', held: true });
});

after(() => control('faults', undefined, 'DELETE'));

/** The pages that show hostile text. */
const addresses = () => [`${service}/`, ...fingerprints.map((fingerprint) => `${service}/groups/${fingerprint}`)];

async function staysText(t) {
  const { page, complaints } = await newPage(t);
  for (const address of addresses()) {
    await page.goto(address);
    const strangers = 'script, img, iframe, svg, form, input, style, object, embed, b, meta[http-equiv], [onmouseover], [onerror]';
    assert.equal(await page.locator(strangers).count(), 0, address);
    assert.equal(await page.locator('main').count(), 1, address);
    const links = await page.locator('a[href]').evaluateAll((all) => all.map((a) => a.href));
    for (const link of links) assert.ok([service, github].some((own) => link.startsWith(`${own}/`)), link);
  }
  await page.goto(addresses()[1]);
  const text = await page.locator('main').innerText();
  for (const part of [SCRIPT, '"><img src=x onerror=alert(2)>', '{{ 7 * 7 }}', String.raw`\u{202e}\u{200b}`, String.raw`\u{1b}[31m`]) {
    assert.ok(text.includes(part), `${part} is not in\n${text}`);
  }
  assert.doesNotMatch(text, /[\u200b\u2066\u202e\u001b]/u);
  assert.deepEqual(complaints, []);
}

async function fitsAPhone(t) {
  const { page } = await newPage(t, { viewport: PHONE });
  for (const address of addresses()) {
    await page.goto(address);
    const wide = await page.evaluate(() => {
      const edge = document.documentElement.clientWidth;
      const over = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > edge + 0.5);
      return { scrolls: document.documentElement.scrollWidth > edge, over: over.map((element) => element.outerHTML.slice(0, 80)) };
    });
    assert.deepEqual(wide, { scrolls: false, over: [] }, address);
  }
}

test('hostile text in the preview of an issue is text, and fits a phone', async (t) => {
  t.after(() => control('release', {}));
  const { page } = await newPage(t);
  await page.goto(addresses()[1]);
  await page.getByRole('heading', { name: 'The issue that would be opened' }).waitFor();
  await staysText(t);
  await fitsAPhone(t);
});

test('hostile text of a group with an issue is text: no element, no dialog, no way out of its place', async (t) => {
  for (const ours of fingerprints) await group(({ fingerprint, issue }) => fingerprint === ours && issue);
  await staysText(t);
});

test('nothing scrolls sideways on a phone, however long the words', fitsAPhone);

test('everything works without scripts', async (t) => {
  const { page } = await newPage(t, { javaScriptEnabled: false });
  await report({ error_type: 'TypeError', error_message: 'the dashboard needs no script' });
  await page.goto(service);
  await page.getByRole('link', { name: 'the dashboard needs no script' }).click();
  await page.getByRole('heading', { level: 1, name: 'TypeError: the dashboard needs no script' }).waitFor();
  await page.getByRole('link', { name: 'all groups' }).click();
  assert.equal(page.url(), `${service}/`);
});

test('its pages fetch one stylesheet of their own and nothing else, and say nothing on the console', async (t) => {
  for (const path of ['/', `/groups/${fingerprints[0]}`]) {
    const { page, complaints } = await newPage(t);
    const fetched = [];
    page.on('request', (request) => fetched.push(request.url()));
    const answer = await page.goto(`${service}${path}`, { waitUntil: 'networkidle' });
    const policy = answer.headers()['content-security-policy'];
    assert.match(policy, /^default-src 'none'; style-src 'self'; img-src data:;/);
    assert.doesNotMatch(policy, /script-src|unsafe/);
    const others = fetched.filter((address) => !address.startsWith('data:'));
    assert.deepEqual(others, [`${service}${path}`, `${service}/style.css`]);
    assert.deepEqual(complaints, []);
  }
});

test('an address that names nothing says so, and leads back', async (t) => {
  const { page } = await newPage(t);
  const answer = await page.goto(`${service}/groups/${'0'.repeat(32)}`);
  assert.equal(answer.status(), 404);
  await page.getByRole('heading', { level: 1, name: 'There is no such group' }).waitFor();
  await page.getByRole('link', { name: 'All groups' }).click();
  await page.getByRole('heading', { level: 1, name: 'Error groups' }).waitFor();
});
