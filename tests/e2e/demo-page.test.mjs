// The other buttons of the demo page: the issue of each, and the counts of many clicks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { group, groups, newPage, openDemo, service, standIn } from './harness.mjs';

const failures = {
  'Track my order': { message: 'MCPError -32601 Method not found: orders/track', frame: 'trackOrder' },
  'Ask the warehouse': { message: 'MCPError NETWORK No connection to http://127.0.0.1:49009/', frame: 'askWarehouse' },
  'Load the report': { message: 'MCPError TIMEOUT No response from /jsonrpc within 1000 ms', frame: 'loadReport' },
};

/** The output beside a button. */
function outputOf(page, button) {
  return page.getByRole('listitem').filter({ has: page.getByRole('button', { name: button }) }).locator('output');
}

/** Collects the reports that the page sends from now on. */
function reportsOf(page) {
  const reports = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/report-error') reports.push(request.postDataJSON());
  });
  return reports;
}

/** The letters and digits of a text, because a title contains no address. */
const words = (text) => text.replace(/[^A-Za-z0-9]+/g, ' ').trim();

test('a protocol error, a network failure and a timeout get one issue each, a successful call none', async (t) => {
  const { page } = await openDemo(t);
  const reports = reportsOf(page);
  await page.getByRole('button', { name: 'Price my cart' }).click();
  await outputOf(page, 'Price my cart').getByText('It worked: 28.1 EUR').waitFor();
  for (const [button, { message }] of Object.entries(failures)) {
    await page.getByRole('button', { name: button }).click();
    await outputOf(page, button).getByText('Reported.').waitFor();
    const output = await outputOf(page, button).innerText();
    assert.ok(output.includes(message), `${button}: ${output}`);
  }
  assert.equal(reports.length, 3, 'one report for each failure, none for the success');

  for (const { message: shown, frame } of Object.values(failures)) {
    const message = words(shown.replace(/^MCPError \S+ /, ''));
    await group(({ title, status }) => words(title).includes(message) && status === 'awaiting_approval');
    const same = (await standIn()).issues.filter(({ title }) => words(title).includes(message));
    assert.equal(same.length, 1, message);
    assert.match(same[0].body, new RegExp(`## Stack Trace\\n\\n\`\`\`text\\n.*\\n    at (async )?${frame} \\(`));
  }
  assert.ok(!(await groups()).some(({ title }) => title.includes('28.1')));
});

test('many clicks on one button give one issue, and its count grows', async (t) => {
  const clicks = 12;
  const isExpected = ({ title }) => title.includes('Method not found: orders/track');
  const before = (await groups()).find(isExpected)?.count ?? 0;
  const { page } = await openDemo(t);
  for (let click = 0; click < clicks; click++) await page.getByRole('button', { name: 'Track my order' }).click();
  await group((found) => isExpected(found) && found.count === before + clicks && found.status === 'awaiting_approval');
  assert.equal((await standIn()).issues.filter(isExpected).length, 1);

  const { page: dashboard } = await newPage(t);
  await dashboard.goto(service);
  const row = dashboard.getByRole('listitem').filter({ hasText: 'Method not found: orders/track' });
  assert.match(await row.innerText(), new RegExp(`\\b${before + clicks}×`));
});

test('the same failure at another URL of the page belongs to the same group', async (t) => {
  const isExpected = ({ title }) => title.includes('Method not found: orders/track');
  const before = (await groups()).filter(isExpected).length;
  const { page } = await openDemo(t, { visit: '2', theme: 'dark' });
  const reported = page.waitForResponse((response) => new URL(response.url()).pathname === '/report-error');
  await page.getByRole('button', { name: 'Track my order' }).click();
  const [receipt] = await (await reported).json();
  assert.equal(receipt.status, 'accepted');
  const found = await group(({ fingerprint }) => fingerprint === receipt.fingerprint);
  assert.ok(isExpected(found));
  assert.equal((await groups()).filter(isExpected).length, Math.max(before, 1));
});

test('the demo page loads and succeeds without messages on the console', async (t) => {
  const { page, problems } = await openDemo(t);
  await page.getByRole('button', { name: 'Price my cart' }).click();
  await outputOf(page, 'Price my cart').getByText('It worked').waitFor();
  assert.deepEqual(problems, []);
});
