// The MCP conformance suite for clients, run with the Node entry of the package: both eras, without OAuth.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';

const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';

/** All scenarios, with the revisions to run them in. */
const SCENARIOS = {
  initialize: [LEGACY],
  tools_call: [LEGACY, MODERN],
  'elicitation-sep1034-client-defaults': [LEGACY],
  'sse-retry': [LEGACY],
  'request-metadata': [MODERN],
  'sep-2322-client-request-state': [MODERN],
  'http-standard-headers': [MODERN],
  'http-custom-headers': [MODERN],
  'http-invalid-tool-headers': [MODERN],
  'json-schema-ref-no-deref': [MODERN],
  'json-schema-2020-12-preservation': [LEGACY, MODERN],
};

const path = (file) => fileURLToPath(new URL(file, import.meta.url));
// The suite needs a newer Node than the client. The client runs in the version that runs the tests.
const NODE_22 = path('node_modules/node/bin/node');
const SUITE = path('node_modules/@modelcontextprotocol/conformance/dist/index.js');
const CLIENT = `${process.execPath} ${path('client.mjs')}`;

test('the tests run all scenarios of the suite', async () => {
  const { stdout, code } = await suite('list', '--client');
  assert.equal(code, 0, stdout);
  const listed = [...stdout.matchAll(/^ +- (\S+) \[(.*)\]$/gm)].map(([, name, kinds]) => [name, kinds.split(',')]);
  const relevant = listed.filter(([name, kinds]) => !name.startsWith('auth/') && !kinds.includes('extension'));
  // Older revisions are left out, because the client treats their servers in the same way.
  const scenarios = relevant.map(([name, kinds]) => [name, kinds.filter((kind) => kind >= LEGACY)]);
  assert.deepEqual(Object.fromEntries(scenarios), SCENARIOS);
});

const runs = Object.entries(SCENARIOS).flatMap(([name, revisions]) => revisions.map((revision) => [revision, name]));

// Each test is a process that waits for another one: three at a time keep two cores busy.
describe('the scenarios', { concurrency: 3 }, () => {
  for (const [revision, name] of runs) {
    test(`${name}, ${revision}`, async (t) => {
      const parameters = ['--scenario', name, '--spec-version', revision];
      const { stdout, stderr, code } = await suite('client', '--command', CLIENT, ...parameters);
      const output = `${stdout}\n${stderr}`;
      const [counts, passed, all, failed, warnings] =
        /^Passed: (\d+)\/(\d+), (\d+) failed, (\d+) warnings$/m.exec(output) ?? assert.fail(output);
      t.diagnostic(counts);
      assert.ok(Number(passed) > 0, output);
      assert.doesNotMatch(stdout, /SKIPPED/);
      assert.deepEqual(
        { code, passed, failed, warnings },
        { code: 0, passed: all, failed: '0', warnings: '0' },
        output,
      );
    });
  }
});

/** Runs the suite with a timeout. Resolves to its output and its exit code. */
function suite(...parameters) {
  const options = { cwd: path('.'), timeout: 60_000 };
  return new Promise((resolve) => {
    execFile(NODE_22, [SUITE, ...parameters], options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: error ? (error.code ?? error.signal) : 0 });
    });
  });
}
