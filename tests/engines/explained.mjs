// What the service makes of the stacks of real engines: the same frames, whichever browser the failure was seen in.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { before, test } from 'node:test';

import { buttons } from './cases/stacks.mjs';

const AUTOHEAL = process.env.AUTOHEAL ?? new URL('../../target/debug/autoheal', import.meta.url).pathname;

/** Cases over the reports that the engines' stack cases have gathered. */
export function explained(reported, engines) {
  let all;
  before(() => {
    all = explain(reported.map(({ report }) => report)).map((told, place) => ({ ...reported[place], told }));
  });
  const of = (button) => {
    const same = all.filter((each) => each.button === button);
    assert.equal(same.length, engines.length, 'one report of each engine');
    return same;
  };

  for (const [button, caller] of Object.entries(buttons)) {
    test(`the innermost frame is ${caller} of page.js: ${button}`, () => {
      for (const { engine, told } of of(button)) {
        const [{ file, in_app, ...frame }] = told.frames;
        const seen = [frame.function, new URL(file).pathname, in_app];
        assert.deepEqual(seen, [caller, '/page.js', true], `${engine}\n${JSON.stringify(told.frames, null, 1)}`);
      }
    });
  }

  // Not so for async functions: WebKit writes their frames twice, and only V8 adds those that wait for them.
  test('plain functions that fail alike form one group', () => {
    const groups = new Set(of('plain').map(({ told }) => told.fingerprint));
    assert.equal(groups.size, 1, parts(of('plain')));
  });
}

function explain(reports) {
  assert.ok(existsSync(AUTOHEAL), `No ${AUTOHEAL}: run \`cargo build --bin autoheal\`, or name it in AUTOHEAL`);
  const input = reports.map((report) => `${JSON.stringify(report)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(AUTOHEAL, ['explain', '--json', '-'], { input, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

function parts(same) {
  return same.map(({ engine, told, report }) =>
    `${engine}: ${JSON.stringify(told.fingerprint_parts, null, 1)}\n${report.stack_trace}`).join('\n\n');
}
