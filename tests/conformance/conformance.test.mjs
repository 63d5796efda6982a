// The suite that judges MCP clients, let loose on the package's Node entry: all it asks of both eras but OAuth.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';

const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';

/** Every scenario, and the revisions it is run in. */
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
// The suite needs a newer Node than the client, which runs in the one that runs this.
const NODE_22 = path('node_modules/node/bin/node');
const SUITE = path('node_modules/@modelcontextprotocol/conformance/dist/index.js');
const CLIENT = `${process.execPath} ${path('client.mjs')}`;

test('the suite has no scenario that is not run here', async () => {
  const { stdout, code } = await suite('list', '--client');
  assert.equal(code, 0, stdout);
  const listed = [...stdout.matchAll(/^ +- (\S+) \[(.*)\]$/gm)].map(([, name, kinds]) => [name, kinds.split(',')]);
  const ours = listed.filter(([name, kinds]) => !name.startsWith('auth/') && !kinds.includes('extension'));
  // Revisions older than the handshake's are left to it: a server that speaks them is spoken to in the same way.
  const asked = ours.map(([name, kinds]) => [name, kinds.filter((kind) => kind >= LEGACY)]);
  assert.deepEqual(Object.fromEntries(asked), SCENARIOS);
});

const runs = Object.entries(SCENARIOS).flatMap(([name, revisions]) => revisions.map((revision) => [revision, name]));

// Each is a process that waits for another: three at a time keep two cores busy.
describe('the scenarios', { concurrency: 3 }, () => {
  for (const [revision, name] of runs) {
    test(`${name}, ${revision}`, async (t) => {
      const wanted = ['--scenario', name, '--spec-version', revision];
      const { stdout, stderr, code } = await suite('client', '--command', CLIENT, ...wanted);
      const story = `${stdout}\n${stderr}`;
      const [counts, passed, all, failed, warnings] =
        /^Passed: (\d+)\/(\d+), (\d+) failed, (\d+) warnings$/m.exec(story) ?? assert.fail(story);
      t.diagnostic(counts);
      assert.ok(Number(passed) > 0, story);
      assert.doesNotMatch(stdout, /SKIPPED/);
      assert.deepEqual({ code, passed, failed, warnings }, { code: 0, passed: all, failed: '0', warnings: '0' }, story);
    });
  }
});

/** Runs the suite; it may end as it likes, but not go on for ever. */
function suite(...parameters) {
  const options = { cwd: path('.'), timeout: 60_000 };
  return new Promise((resolve) => {
    execFile(NODE_22, [SUITE, ...parameters], options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: error ? (error.code ?? error.signal) : 0 });
    });
  });
}
