// What every browser test starts from: the running stack, Chromium, and answers that are waited for.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { CHROMIUM_FLAGS, chromiumProgram } from '../chromium.mjs';

/** The service, and the stand-in for GitHub. */
export const service = fromEnvironment('SERVICE');
export const github = fromEnvironment('GITHUB');

const PATIENCE = 30_000;

const browser = await chromium.launch({ executablePath: chromiumProgram(), args: CHROMIUM_FLAGS, headless: true });
after(() => browser.close());

function fromEnvironment(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with \`cargo xtask test\`, which starts the stack`);
  return value.replace(/\/$/, '');
}

/** A page in a fresh context. `complaints` gathers console errors, refused content, exceptions and dialogs. */
export async function newPage(t, options = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return { page, complaints };
}

/** The address of the demo page. */
export function demoPage(parameters = {}) {
  return `${service}/app/demo.html?${new URLSearchParams({ github, ...parameters })}`;
}

/** Opens the demo page, ready to be clicked. */
export async function openDemo(t, parameters) {
  const opened = await newPage(t);
  await opened.page.goto(demoPage(parameters));
  return opened;
}

/** Everything the stand-in knows. */
export async function standIn() {
  return (await fetch(`${github}/_control/state`)).json();
}

/** Orders something of the stand-in. */
export async function control(what, order, method = 'POST') {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${github}/_control/${what}`, { method, headers, body: JSON.stringify(order) });
  assert.ok(answer.ok, await answer.text());
}

/** Returns as soon as the stand-in has all of this; fails with the story of its requests if it never does. */
export async function comes(awaited) {
  const query = new URLSearchParams({ seconds: PATIENCE / 1000, ...awaited });
  const answer = await fetch(`${github}/_control/wait?${query}`);
  const { requests, story } = await answer.json();
  assert.ok(answer.ok, `${JSON.stringify(awaited)} did not come\n${story}`);
  return requests;
}

/** The service's groups, last seen first. */
export async function groups() {
  return (await (await fetch(`${service}/api/groups`)).json()).groups;
}

/** One group with its samples and what was sent for it, as its text and as data. */
export async function groupDetail(fingerprint) {
  return (await fetch(`${service}/api/groups/${fingerprint}`)).json();
}

/** The group that `fits`, as soon as there is one: the service has nothing to wait at, so it is asked again. */
export async function group(fits, patience = PATIENCE) {
  const end = performance.now() + patience;
  for (;;) {
    const all = await groups();
    const found = all.find(fits);
    if (found) return found;
    if (performance.now() > end) assert.fail(`no group fits ${fits}\n${JSON.stringify(all, null, 1)}`);
    await wait(25);
  }
}

/** Posts reports as any program may. */
export async function report(body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${service}/report-error`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 202, await answer.clone().text());
  return answer.json();
}

/** Returns when nothing is left to be written: every group waits at the gate or was handed over. */
export async function idle() {
  await comes({ operation: 'list_labels', answered: true });
  const settled = ({ status }) => ['awaiting_approval', 'handed_over'].includes(status);
  const end = performance.now() + 120_000;
  while (!(await groups()).every(settled)) {
    if (performance.now() > end) assert.fail(`not idle\n${JSON.stringify(await groups(), null, 1)}`);
    await wait(25);
  }
}
