// All sessions of the tables, with a server directly and through `autoheal mcp`: same bytes, expected reports.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, describe, test } from 'node:test';

import { scriptedEnds } from './cases/ends.mjs';
import { everything } from './cases/everything.mjs';
import { failuresOnTheWire } from './cases/failures.mjs';
import { fastmcp, fastmcpEnds } from './cases/fastmcp.mjs';
import { filesystem } from './cases/filesystem.mjs';
import { git, time } from './cases/python.mjs';
import { rmcp, rmcpEnds } from './cases/rmcp.mjs';
import { stateless } from './cases/stateless.mjs';
import { traps } from './cases/traps.mjs';
import { typescript, typescriptEnds } from './cases/typescript.mjs';
import { environment, runSession, spooledReports, wrapped } from './harness/session.mjs';
import { checkReport, checkResponse, findReport, summary } from './harness/expectations.mjs';
import { assertReproduces } from './harness/reproduction.mjs';
import { startSink } from './harness/sink.mjs';
import { limitConcurrency } from './harness/concurrency.mjs';

const sessions = [fastmcp, time, git, everything, filesystem, typescript, rmcp, traps, failuresOnTheWire, ...stateless];
const endings = [...fastmcpEnds, ...typescriptEnds, ...rmcpEnds, ...scriptedEnds];

// Limits the running servers, independent of the concurrency of the tests: four keep two cores busy.
const limited = limitConcurrency(4);

describe('sessions', { concurrency: 30 }, () => {
  for (const session of [...sessions, ...endings]) describeSession(session);
});

function describeSession(session) {
  describe(session.name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-servers-'));
    const steps = typeof session.steps === 'function' ? session.steps(folder) : session.steps;
    const { server, options, revision, secrets = [], ending = { code: 0, signal: null } } = session;
    const reproduced = new Set();
    const expected = steps.filter(({ report }) => report);
    let [command, sink, direct, behindWrapper, env] = [];

    before(async () => {
      command = session.command(folder);
      session.prepare?.(folder);
      sink = await startSink();
      env = environment(folder);
      const waitForReport = ({ report }) => sink.until(() => findReport(sink.reports, report));
      [direct, behindWrapper] = await Promise.all([
        limited(() => runSession(command, { ...session, steps }, { folder, env })),
        limited(() =>
          runSession(
            wrapped(command, options),
            { ...session, steps },
            { folder, env: environment(folder, sink), waitForReport },
          ),
        ),
      ]);
      // The wrapper has ended. On a slow machine its last reports may arrive a moment later.
      await sink.until(() => sink.total() >= expected.length, 5_000);
    });
    after(async () => {
      await sink?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const [index, step] of steps.entries()) {
      if (step.wire) test(`${step.name}: the response`, () => checkResponse(step, direct.responses[index]));
      if (!step.report) continue;
      const expectation = step.report;
      test(`${step.name}: the report`, () => {
        const report = findReport(sink.reports, expectation);
        assert.ok(
          report,
          `no report of ${expectation.class} ${expectation.source} ${expectation.target} ${expectation.message}\n` +
            `among\n${summary(sink.reports)}\n${behindWrapper.stderr}`,
        );
        checkReport(report, { expectation, server, revision });
      });
      // Servers that start slowly, such as those in Python, reproduce only one failure of each class.
      const kind = String(expectation.class);
      if (expectation.reproducible === false || (session.startsSlowly && reproduced.has(kind))) continue;
      reproduced.add(kind);
      test(`${step.name}: the reproduction`, async () => {
        const report = findReport(sink.reports, expectation) ?? assert.fail('no report');
        const run = () => assertReproduces(report, { expectation, step, env, folder });
        // Not limited for an exit, because the shell only waits.
        await (expectation.class === 'server_exit' ? run() : limited(run));
      });
    }

    test('nothing else is reported', () => {
      const matched = new Set(expected.map(({ report }) => findReport(sink.reports, report)));
      const others = sink.reports.filter((report) => !matched.has(report));
      assert.deepEqual(sink.invalidRequests, []);
      assert.equal(others.length, 0, summary(others));
      assert.equal(sink.total(), expected.length, summary(sink.reports));
      assert.deepEqual(spooledReports(folder), []);
      for (const secret of secrets)
        assert.ok(!JSON.stringify(sink.reports).includes(secret), `a report contains the secret ${secret}`);
    });
    test('the bytes, the exit code and the signal are the same as without the wrapper', () => {
      const [expectedOutput, output] = [direct, behindWrapper].map(({ stdout }) =>
        session.unordered ? sorted(stdout) : String(stdout),
      );
      assert.equal(output, expectedOutput);
      assert.deepEqual(behindWrapper.end, direct.end);
      assert.deepEqual(direct.end, steps.at(-1).ends ?? ending);
    });
  });
}

const sorted = (bytes) => String(bytes).split('\n').sort().join('\n');
