// The service finds the same frames in the stacks of all engines.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { before, test } from 'node:test';

import { buttons } from './cases/stacks.mjs';

const AUTOHEAL = process.env.AUTOHEAL ?? new URL('../../target/debug/autoheal', import.meta.url).pathname;

/** Cases for the reports that the stack cases of all engines have collected. */
export function sameFrames(stackReports, engines) {
  let explained;
  before(() => {
    const explanations = explain(stackReports.map(({ report }) => report));
    explained = explanations.map((explanation, index) => ({ ...stackReports[index], explanation }));
  });
  const reportsOf = (button) => {
    const reports = explained.filter((entry) => entry.button === button);
    assert.equal(reports.length, engines.length, 'one report of each engine');
    return reports;
  };

  for (const [button, caller] of Object.entries(buttons)) {
    test(`the innermost frame is ${caller} of page.js: ${button}`, () => {
      for (const { engine, explanation } of reportsOf(button)) {
        const [{ file, in_app, ...frame }] = explanation.frames;
        const actual = [frame.function, new URL(file).pathname, in_app];
        assert.deepEqual(
          actual,
          [caller, '/page.js', true],
          `${engine}\n${JSON.stringify(explanation.frames, null, 1)}`,
        );
      }
    });
  }

  // Only plain functions: for async ones WebKit writes the frames twice, and only V8 adds the frames of awaiting
  // callers.
  test('the same failure of plain functions belongs to one group in all engines', () => {
    const groups = new Set(reportsOf('plain').map(({ explanation }) => explanation.fingerprint));
    assert.equal(groups.size, 1, fingerprintParts(reportsOf('plain')));
  });
}

function explain(reports) {
  assert.ok(
    existsSync(AUTOHEAL),
    `${AUTOHEAL} does not exist: run \`cargo build --bin autoheal\`, or set AUTOHEAL to its path`,
  );
  const input = reports.map((report) => `${JSON.stringify(report)}\n`).join('');
  const { status, stdout, stderr } = spawnSync(AUTOHEAL, ['explain', '--json', '-'], { input, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function fingerprintParts(reports) {
  return reports
    .map(
      ({ engine, explanation, report }) =>
        `${engine}: ${JSON.stringify(explanation.fingerprint_parts, null, 1)}\n${report.stack_trace}`,
    )
    .join('\n\n');
}
