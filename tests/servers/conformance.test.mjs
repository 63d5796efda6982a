// The MCP conformance suite for servers: the same results directly and behind autoheal.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { EVERYTHING } from './cases/everything.mjs';
import { wrapped } from './harness/session.mjs';
import { summary } from './harness/expectations.mjs';
import { bridged, everythingHttp, fastmcpHttp, fixtureHttp, proxied, serve } from './harness/http-program.mjs';
import { fixture, installed, NODE, NODE_22 } from './harness/places.mjs';
import { LEGACY, MODERN } from './harness/line-client.mjs';
import { start } from './harness/program.mjs';
import { startSink } from './harness/sink.mjs';

const SUITE = installed('@modelcontextprotocol/conformance/dist/index.js');
const TIMEOUT = 120_000;

const fixtureStdio = [NODE, fixture('conformance-server.mjs'), 'stdio'];
const everythingStdio = [NODE, installed(EVERYTHING), 'stdio'];
const typescriptStdio = [NODE, fixture('typescript-server.mjs')];

/** Reports of the fixture: only one of its tools fails in the suite. */
const isFailingTool = ({ class: kind, rpc }) => kind === 'tool_failure' && rpc.tool === 'test_error_handling';
/**
 * The same behind a bridge, which forwards no requests from servers to clients, so that the tools that send them fail.
 */
const isBridgedToolFailure = (report) => isFailingTool(report) || /^test_(sampling|elicitation)/.test(report.rpc?.tool);
/** Reports of our own servers, which have a failing resource. */
const isOwnServerFailure = (report) => isCallerError(report) || report.rpc?.tool === 'demo://broken';
/** Reports of requests for something that the server does not have. */
const isCallerError = ({ class: kind }) => kind === 'caller_error';

const OVER_HTTP = [
  {
    name: 'a fixture that supports the whole suite',
    server: fixtureHttp,
    revision: LEGACY,
    expected: isFailingTool,
    passesAll: true,
  },
  { name: 'server-everything', server: everythingHttp, revision: LEGACY, expected: isCallerError },
  { name: 'FastMCP', server: fastmcpHttp, revision: LEGACY, expected: isOwnServerFailure },
  { name: 'FastMCP, stateless', server: fastmcpHttp, revision: MODERN, expected: isOwnServerFailure },
];
const OVER_STDIO = [
  {
    name: 'a fixture that supports the whole suite',
    server: fixtureStdio,
    revision: LEGACY,
    expected: isBridgedToolFailure,
  },
  { name: 'server-everything', server: everythingStdio, revision: LEGACY, expected: isCallerError },
  {
    name: 'TypeScript SDK 2, stateless',
    server: typescriptStdio,
    revision: MODERN,
    options: ['--upstreamProtocol', 'modern'],
    expected: isOwnServerFailure,
  },
];

// Scenarios mostly wait. Each test runs two servers and two suites.
describe('the conformance suite', { concurrency: 3 }, () => {
  for (const { name, server, revision, ...rest } of OVER_HTTP) {
    test(`${name}, over HTTP`, (t) =>
      assertSameResults(t, rest, revision, async ({ folder, sink, track }) => {
        const direct = track(await serve(server, { folder }));
        // A second server, so that the sessions of the two suites are separate.
        const upstream = track(await serve(server, { folder }));
        const proxy = track(await serve(proxied(upstream.url), { folder, env: { AUTOHEAL_URL: sink.url } }));
        return [direct, proxy];
      }));
  }
  for (const { name, server, revision, options = [], ...rest } of OVER_STDIO) {
    test(`${name}, over stdio`, (t) =>
      assertSameResults(t, rest, revision, async ({ folder, sink, track }) => [
        track(await serve(bridged(server, ...options), { folder })),
        track(await serve(bridged(wrapped(server), ...options), { folder, env: { AUTOHEAL_URL: sink.url } })),
      ]));
  }
});

/** Runs the suite directly and behind autoheal, and compares the results of all checks. */
async function assertSameResults(t, { expected, passesAll }, revision, startServers) {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-conformance-'));
  const sink = await startSink();
  const running = [];
  const track = (program) => (running.push(program), program);
  try {
    const begin = performance.now();
    const [server, autoheal] = await startServers({ folder, sink, track });
    const [direct, behind] = await Promise.all([
      runSuite(server.url, revision, join(folder, 'direct')),
      runSuite(autoheal.url, revision, join(folder, 'behind')),
    ]);
    const statuses = Object.values(direct)
      .flat()
      .map((check) => check.split(' ').at(-1));
    const count = (status) => statuses.filter((each) => each === status).length;
    t.diagnostic(
      `${Object.keys(direct).length} scenarios, ${count('SUCCESS')} checks passed, ${count('FAILURE')} failed, ` +
        `${Math.round(performance.now() - begin)} ms`,
    );
    assert.ok(count('SUCCESS') > 0);
    if (passesAll) assert.equal(count('FAILURE'), 0, JSON.stringify(direct, null, 1));
    await t.test('the results are the same behind autoheal', () => assert.deepEqual(behind, direct, autoheal.stderr()));
    await t.test('the expected failures are reported, and nothing else', async () => {
      autoheal.child.kill('SIGTERM');
      await autoheal.end();
      await sink.until(() => sink.reports.some(expected), 2_000);
      const unexpected = sink.reports.filter((report) => !expected(report));
      assert.equal(unexpected.length, 0, summary(unexpected));
      assert.ok(sink.reports.some(expected), 'no report');
      assert.deepEqual(sink.invalidRequests, []);
    });
  } finally {
    for (const program of running) program.kill();
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the suite. Resolves to `{scenario: ['check STATUS', …]}`. */
async function runSuite(url, revision, folder) {
  const parameters = ['server', '--url', url, '--suite', 'all', '--spec-version', revision, '--output-dir', folder];
  const suite = start([NODE_22, SUITE, ...parameters]);
  try {
    suite.stdin.end();
    await suite.end(TIMEOUT);
    const scenarios = {};
    for (const name of readdirSync(folder)) {
      const [, scenario] = /^server-(.*)-\d{4}-\d\d-\d\dT/.exec(name);
      const checks = JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8'));
      scenarios[scenario] = checks.map(({ id, status }) => `${id} ${status}`);
    }
    return scenarios;
  } catch (error) {
    throw new Error(`${error.message}\n${suite.stdout().toString().slice(-3000)}`, { cause: error });
  } finally {
    suite.kill();
  }
}
