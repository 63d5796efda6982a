// The other buttons of the demo page: what each becomes, and what many clicks on one become.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { group, groups, newPage, openDemo, service, standIn } from './harness.mjs';

const failures = {
  'Track my order': { says: 'MCPError -32601 Method not found: orders/track', frame: 'trackOrder' },
  'Ask the warehouse': { says: 'MCPError NETWORK No connection to http://127.0.0.1:49009/', frame: 'askWarehouse' },
  'Load the report': { says: 'MCPError TIMEOUT No response from /jsonrpc within 1000 ms', frame: 'loadReport' },
};

/** What the page says beside a button. */
function said(page, button) {
  return page.getByRole('listitem').filter({ has: page.getByRole('button', { name: button }) }).locator('output');
}

/** Every report the page sends from now on. */
function reportsOf(page) {
  const reports = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/report-error') reports.push(request.postDataJSON());
  });
  return reports;
}

test('a protocol error, a network failure and a timeout become one issue each, a success becomes none', async (t) => {
  const { page } = await openDemo(t);
  const reports = reportsOf(page);
  await page.getByRole('button', { name: 'Price my cart' }).click();
  await said(page, 'Price my cart').getByText('It worked: 28.1 EUR').waitFor();
  for (const [button, { says }] of Object.entries(failures)) {
    await page.getByRole('button', { name: button }).click();
    await said(page, button).getByText('Reported.').waitFor();
    const told = await said(page, button).innerText();
    assert.ok(told.includes(says), `${button}: ${told}`);
  }
  assert.equal(reports.length, 3, 'one report a failure, none for the success');

  for (const { says, frame } of Object.values(failures)) {
    const message = says.replace(/^MCPError \S+ /, '');
    await group(({ title, status }) => title.includes(message) && status === 'awaiting_approval');
    const same = (await standIn()).issues.filter(({ title }) => title.includes(message));
    assert.equal(same.length, 1, message);
    assert.match(same[0].body, new RegExp(`## Stack Trace\\n\\n\`\`\`text\\n.*\\n    at (async )?${frame} \\(`));
  }
  assert.ok(!(await groups()).some(({ title }) => title.includes('28.1')));
});

test('many clicks on one button: still one issue, and the counts go up', async (t) => {
  const clicks = 12;
  const fits = ({ title }) => title.includes('Method not found: orders/track');
  const before = (await groups()).find(fits)?.count ?? 0;
  const { page } = await openDemo(t);
  for (let click = 0; click < clicks; click++) await page.getByRole('button', { name: 'Track my order' }).click();
  await group((found) => fits(found) && found.count === before + clicks && found.status === 'awaiting_approval');
  assert.equal((await standIn()).issues.filter(fits).length, 1);

  const { page: dashboard } = await newPage(t);
  await dashboard.goto(service);
  const row = dashboard.getByRole('listitem').filter({ hasText: 'Method not found: orders/track' });
  assert.match(await row.innerText(), new RegExp(`\\b${before + clicks}×`));
});

test('the same failure on another address of the page is the same group', async (t) => {
  const fits = ({ title }) => title.includes('Method not found: orders/track');
  const before = (await groups()).filter(fits).length;
  const { page } = await openDemo(t, { visit: '2', theme: 'dark' });
  const reported = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/report-error');
  await page.getByRole('button', { name: 'Track my order' }).click();
  const [receipt] = await (await reported).json();
  assert.equal(receipt.status, 'accepted');
  const found = await group(({ fingerprint }) => fingerprint === receipt.fingerprint);
  assert.ok(fits(found));
  assert.equal((await groups()).filter(fits).length, Math.max(before, 1));
});

test('the demo page loads and succeeds without a word on the console', async (t) => {
  const { page, complaints } = await openDemo(t);
  await page.getByRole('button', { name: 'Price my cart' }).click();
  await said(page, 'Price my cart').getByText('It worked').waitFor();
  assert.deepEqual(complaints, []);
});
