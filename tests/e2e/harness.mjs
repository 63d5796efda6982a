// Shared by the browser tests: the running stack, Chromium, and waiting for results.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { CHROMIUM_FLAGS, chromiumProgram } from '../chromium.mjs';

/** The service, and the stand-in for GitHub. */
export const service = fromEnvironment('SERVICE');
export const github = fromEnvironment('GITHUB');

const TIMEOUT = 30_000;

const browser = await chromium.launch({ executablePath: chromiumProgram(), args: CHROMIUM_FLAGS, headless: true });
after(() => browser.close());

function fromEnvironment(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with \`cargo xtask test\`, which starts the stack`);
  return value.replace(/\/$/, '');
}

/** A page in a new context. `problems` collects console errors, refused content, exceptions and dialogs. */
export async function newPage(t, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return { page, problems };
}

/** The URL of the demo page. */
export function demoPage(parameters = {}) {
  return `${service}/app/demo.html?${new URLSearchParams({ github, ...parameters })}`;
}

/** Opens the demo page. */
export async function openDemo(t, parameters) {
  const opened = await newPage(t);
  await opened.page.goto(demoPage(parameters));
  return opened;
}

/** The state of the stand-in. */
export async function standIn() {
  return (await fetch(`${github}/_control/state`)).json();
}

/** Sends a control request to the stand-in. */
export async function control(name, body, method = 'POST') {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${github}/_control/${name}`, { method, headers, body: JSON.stringify(body) });
  assert.ok(response.ok, await response.text());
}

/** Resolves once the stand-in has seen all of this. Fails with its requests after a timeout. */
export async function waitForStandIn(expected) {
  const query = new URLSearchParams({ seconds: TIMEOUT / 1000, ...expected });
  const response = await fetch(`${github}/_control/wait?${query}`);
  const { requests, story } = await response.json();
  assert.ok(response.ok, `${JSON.stringify(expected)} not in time\n${story}`);
  return requests;
}

/** The service's groups, last seen first. */
export async function groups() {
  return (await (await fetch(`${service}/api/groups`)).json()).groups;
}

/** One group with its samples, intents and approvals. */
export async function groupDetail(fingerprint) {
  return (await fetch(`${service}/api/groups/${fingerprint}`)).json();
}

/** Resolves to the first group that matches, once there is one. Polls, because the service has no endpoint to wait. */
export async function group(matches, timeout = TIMEOUT) {
  const end = performance.now() + timeout;
  for (;;) {
    const all = await groups();
    const found = all.find(matches);
    if (found) return found;
    if (performance.now() > end) assert.fail(`no group matches ${matches}\n${JSON.stringify(all, null, 1)}`);
    await wait(25);
  }
}

/** Posts reports to the service. */
export async function report(body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${service}/report-error`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(response.status, 202, await response.clone().text());
  return response.json();
}

/** Resolves once nothing is left to write: each group waits for approval or is handed over. */
export async function waitForIdle() {
  await waitForStandIn({ operation: 'list_labels', answered: true });
  const settled = ({ status }) => ['awaiting_approval', 'handed_over'].includes(status);
  const end = performance.now() + 120_000;
  while (!(await groups()).every(settled)) {
    if (performance.now() > end) assert.fail(`not idle\n${JSON.stringify(await groups(), null, 1)}`);
    await wait(25);
  }
}
