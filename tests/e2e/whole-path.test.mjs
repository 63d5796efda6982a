// The whole path: a click on the demo page, the issue, the draft pull request, the approval, and the agent task.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { github, group, groupDetail, newPage, openDemo, service, standIn, waitForStandIn } from './harness.mjs';

const SECRET = 'gate-secret-7Q2xPzL9mW4vT8';
const MESSAGE = "Cannot read properties of undefined (reading 'percent')";
const TITLE = `[Auto-Generated] ToolError: total_price: ${MESSAGE}`;

test('a click on a failing button leads to one Copilot task, after a person has approved', async (t) => {
  let ownGroup, issue, pull;

  await t.test('the page shows the error and that it was reported', async (t) => {
    const { page } = await openDemo(t, { token: SECRET });
    await page.getByRole('button', { name: 'Check out' }).click();
    const output = page.locator('li', { has: page.locator('#application') }).locator('output');
    await output.getByText('Reported.').waitFor();
    assert.match(await output.innerText(), /MCPError -32000 Cannot read properties of undefined \(reading 'percent'\)/);
  });

  await t.test('the group waits for approval with one issue and one draft', async () => {
    ownGroup = await group(({ title, status }) => title === TITLE && status === 'awaiting_approval');
    assert.equal(ownGroup.count, 1);
    const { issues, pulls } = await standIn();
    const same = issues.filter(({ title }) => title === TITLE);
    assert.equal(same.length, 1);
    [issue] = same;
    assert.equal(ownGroup.issue.number, issue.number);
    assert.deepEqual(issue.labels, ['auto-generated', 'bug', 'mcp-sdk', 'medium']);
    const drafts = pulls.filter(({ body }) => body.includes(`Fixes #${issue.number}\n`));
    assert.equal(drafts.length, 1);
    [pull] = drafts;
    assert.equal(ownGroup.pull_request.number, pull.number);
  });

  await t.test('the issue has all sections, labels and details', async () => {
    const lines = issue.body.split('\n');
    assert.match(lines[0], /^<!-- autoheal:fp=[0-9a-f]+ v=1 -->$/);
    assert.equal(lines[1], '# Auto-Generated Error Report');
    assert.deepEqual(lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3)), [
      'Error Message',
      'Stack Trace',
      'Reproduction',
      'Logs',
      'Context',
      'Occurrences',
    ]);
    for (const [name, value] of [
      ['Error Type', 'ToolError'],
      ['Error Source', 'javascript_sdk'],
      ['Severity', 'medium'],
      ['Tool Name', 'total_price'],
    ]) {
      assert.ok(lines.includes(`**${name}:** \`${value}\`  `), `${name} is missing in\n${issue.body}`);
    }
    assert.match(issue.body, /\*\*Browser:\*\* `Chrome \d+, \w+`/);
    assert.match(issue.body, /\*\*Timestamp:\*\* `\d{4}-\d\d-\d\dT[\d:]+Z`/);
    assert.match(section('Logs'), /click .*button#application\n.* mcp tools\/call total_price$/m);
    assert.match(section('Context'), /"url": "http.*\/app\/demo\.html/);
    assert.match(section('Reproduction'), /"method":"tools\/call".*"name":"total_price".*"sku":"POT-2"/);
  });

  await t.test('the innermost frame is the function of the page, at the line of the call', async () => {
    const [innermost] = section('Stack Trace').split('\n').filter((line) => line.includes('    at '));
    const [, name, line] = innermost.match(/at (?:async )?(\w+) \(.*\/app\/demo\.html.*:(\d+):\d+\)/);
    assert.equal(name, 'checkOut');
    const source = await readFile(new URL('../../examples/demo.html', import.meta.url), 'utf8');
    assert.match(source.split('\n')[line - 1], /shop\.callTool\('total_price'/);
  });

  await t.test('the draft is linked to the issue, and nothing is handed over', async () => {
    assert.equal(pull.draft, true);
    assert.equal(pull.base, 'main');
    assert.match(pull.head, new RegExp(`^auto-fix/issue-${issue.number}-[a-z0-9-]{1,40}$`));
    const { branches, tasks, hand_overs } = await standIn();
    assert.ok(branches.includes(pull.head));
    assert.ok(!tasks.some(({ head_ref }) => head_ref === pull.head));
    assert.ok(!hand_overs.some(({ number }) => [issue.number, pull.number].includes(number)));
    assert.deepEqual(issue.assignees, []);
  });

  await t.test('the dashboard shows that the group waits for approval, with links', async (t) => {
    const { page, problems } = await newPage(t);
    await page.goto(`${service}/`);
    await page.getByRole('link', { name: MESSAGE }).click();
    await page.getByText('waits for approval').first().waitFor();
    assert.equal(await page.getByRole('link', { name: `Issue ${issue.number}` }).getAttribute('href'), ownGroup.issue.url);
    const draft = page.getByRole('link', { name: `Draft pull request ${pull.number}` });
    assert.equal(await draft.getAttribute('href'), ownGroup.pull_request.url);
    assert.deepEqual(problems, []);
  });

  await t.test('the approval in the browser starts one Copilot task on the draft', async (t) => {
    const { page } = await newPage(t);
    await page.goto(github);
    await page.getByRole('link', { name: TITLE, exact: true }).click();
    await page.getByRole('button', { name: /^Approve/ }).click();
    await page.getByRole('heading', { name: 'Copilot was asked' }).waitFor(); // the page reloads by itself
    await waitForStandIn({ tasks: 1 });
    await group(({ fingerprint, status }) => fingerprint === ownGroup.fingerprint && status === 'handed_over');
    const { tasks, hand_overs } = await standIn();
    const started = tasks.filter(({ head_ref }) => head_ref === pull.head);
    assert.equal(started.length, 1);
    assert.equal(hand_overs.length, tasks.length);
    assert.equal(started[0].pull, pull.number);
    assert.match(started[0].prompt, new RegExp(`issue #${issue.number} .*pull request #${pull.number}\\.`));
    assert.ok(!started[0].prompt.includes('percent'), 'a prompt contains no text of a report');
  });

  await t.test('the dashboard shows the agent task', async (t) => {
    const { page } = await newPage(t);
    await page.goto(`${service}/groups/${ownGroup.fingerprint}`);
    assert.match(await page.getByRole('main').innerText(), /handed over/);
    await page.getByRole('link', { name: 'Handed over: agent task' }).waitFor();
    assert.match(await page.getByRole('main').innerText(), /start the coding agent's task\s+done/);
  });

  await t.test('the token of the page appears nowhere', async () => {
    const detail = await groupDetail(ownGroup.fingerprint);
    assert.match(detail.samples[0].report.context.url, /token=<secret>/);
    const groupPage = await (await fetch(`${service}/groups/${ownGroup.fingerprint}`)).text();
    const list = await (await fetch(`${service}/`)).text();
    const everything = JSON.stringify([detail, groupPage, list, await standIn()]);
    assert.ok(!everything.includes(SECRET));
  });

  await t.test('all requests conform to the OpenAPI description of GitHub', async () => {
    assert.deepEqual((await standIn()).violations, []);
  });

  function section(title) {
    return issue.body.split(`\n## ${title}\n`)[1].split('\n## ')[0];
  }
});
