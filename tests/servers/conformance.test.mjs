// The suite that judges MCP servers, let loose on servers and on the same servers behind us: it may see no difference.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { EVERYTHING } from './cases/everything.mjs';
import { wrapped } from './harness/conversation.mjs';
import { summary } from './harness/expectations.mjs';
import { bridged, everythingHttp, fastmcpHttp, fixtureHttp, proxied, serve } from './harness/http-program.mjs';
import { fixture, installed, NODE, NODE_22 } from './harness/places.mjs';
import { LEGACY, MODERN } from './harness/line-client.mjs';
import { start } from './harness/program.mjs';
import { startSink } from './harness/sink.mjs';

const SUITE = installed('@modelcontextprotocol/conformance/dist/index.js');
const PATIENCE = 120_000;

const fixtureStdio = [NODE, fixture('conformance-server.mjs'), 'stdio'];
const everythingStdio = [NODE, installed(EVERYTHING), 'stdio'];
const typescriptStdio = [NODE, fixture('typescript-server.mjs')];

/** The fixture has one tool that fails; nothing else of what the suite does to it is a failure. */
const oneToolFails = ({ class: kind, rpc }) => kind === 'tool_failure' && rpc.tool === 'test_error_handling';
/** Bridges do not pass on what servers ask of clients: those calls fail, and the wire does not say why. */
const bridgedToolsFail = (report) => oneToolFails(report) || /^test_(sampling|elicitation)/.test(report.rpc?.tool);
/** Our own server has a resource that fails when it is read. */
const brokenIsRead = (report) => askedInVain(report) || report.rpc?.tool === 'demo://broken';
/** Servers that lack what the suite asks for are asked in vain, which is the asker's mistake. */
const askedInVain = ({ class: kind }) => kind === 'caller_error';

const OVER_HTTP = [
  {
    name: 'a fixture with everything the suite wants',
    server: fixtureHttp,
    revision: LEGACY,
    expected: oneToolFails,
    flawless: true,
  },
  { name: 'server-everything', server: everythingHttp, revision: LEGACY, expected: askedInVain },
  { name: 'FastMCP', server: fastmcpHttp, revision: LEGACY, expected: brokenIsRead },
  { name: 'FastMCP, stateless', server: fastmcpHttp, revision: MODERN, expected: brokenIsRead },
];
const OVER_STDIO = [
  {
    name: 'a fixture with everything the suite wants',
    server: fixtureStdio,
    revision: LEGACY,
    expected: bridgedToolsFail,
  },
  { name: 'server-everything', server: everythingStdio, revision: LEGACY, expected: askedInVain },
  {
    name: 'TypeScript SDK 2, stateless',
    server: typescriptStdio,
    revision: MODERN,
    options: ['--upstreamProtocol', 'modern'],
    expected: brokenIsRead,
  },
];

// Much of a scenario's time is waiting; each of these is two servers and two runs of the suite.
describe('the conformance suite', { concurrency: 3 }, () => {
  for (const { name, server, revision, ...rest } of OVER_HTTP) {
    test(`${name}, over HTTP`, (t) =>
      same(t, rest, revision, async ({ folder, sink, keep }) => {
        const straight = keep(await serve(server, { folder }));
        // A server of its own, so that no session is in the other's way.
        const upstream = keep(await serve(server, { folder }));
        const proxy = keep(await serve(proxied(upstream.url), { folder, env: { AUTOHEAL_URL: sink.url } }));
        return [straight, proxy];
      }));
  }
  for (const { name, server, revision, options = [], ...rest } of OVER_STDIO) {
    test(`${name}, over stdio`, (t) =>
      same(t, rest, revision, async ({ folder, sink, keep }) => [
        keep(await serve(bridged(server, ...options), { folder })),
        keep(await serve(bridged(wrapped(server), ...options), { folder, env: { AUTOHEAL_URL: sink.url } })),
      ]));
  }
});

/** Runs the suite on the server and on what stands before it, and compares scenario by scenario, check by check. */
async function same(t, { expected, flawless }, revision, start) {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-conformance-'));
  const sink = await startSink();
  const running = [];
  const keep = (program) => (running.push(program), program);
  try {
    const begun = performance.now();
    const [straight, through] = await start({ folder, sink, keep });
    const [direct, behind] = await Promise.all([
      judge(straight.url, revision, join(folder, 'direct')),
      judge(through.url, revision, join(folder, 'behind')),
    ]);
    const statuses = Object.values(direct)
      .flat()
      .map((check) => check.split(' ').at(-1));
    const count = (status) => statuses.filter((each) => each === status).length;
    t.diagnostic(
      `${Object.keys(direct).length} scenarios, ${count('SUCCESS')} checks passed, ${count('FAILURE')} failed, ` +
        `${Math.round(performance.now() - begun)} ms`,
    );
    assert.ok(count('SUCCESS') > 0);
    if (flawless) assert.equal(count('FAILURE'), 0, JSON.stringify(direct, null, 1));
    await t.test('no scenario sees a difference', () => assert.deepEqual(behind, direct, through.stderr()));
    await t.test('what failed is reported, and nothing else', async () => {
      through.child.kill('SIGTERM');
      await through.end();
      await sink.until(() => sink.reports.some(expected), 2_000);
      const unexpected = sink.reports.filter((report) => !expected(report));
      assert.equal(unexpected.length, 0, summary(unexpected));
      assert.ok(sink.reports.some(expected), 'no report at all');
      assert.deepEqual(sink.complaints, []);
    });
  } finally {
    for (const program of running) program.kill();
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One run of the suite, as `{scenario: ['check STATUS', …]}`. */
async function judge(url, revision, folder) {
  const parameters = ['server', '--url', url, '--suite', 'all', '--spec-version', revision, '--output-dir', folder];
  const suite = start([NODE_22, SUITE, ...parameters]);
  try {
    suite.stdin.end();
    await suite.end(PATIENCE);
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
