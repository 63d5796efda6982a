// Every conversation of the tables, led straight and through the wrapper: the wire is the same, the reports are right.

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
import { converse, environment, spooled, wrapped } from './harness/conversation.mjs';
import { checkAnswer, checkReport, find, summary } from './harness/expectations.mjs';
import { reproduces } from './harness/reproduction.mjs';
import { startSink } from './harness/sink.mjs';
import { slots } from './harness/slots.mjs';

const whole = [fastmcp, time, git, everything, filesystem, typescript, rmcp, traps, failuresOnTheWire, ...stateless];
const ends = [...fastmcpEnds, ...typescriptEnds, ...rmcpEnds, ...scriptedEnds];

// Whoever starts servers takes a slot: whatever is told side by side, so many at a time keep two cores busy.
const slot = slots(4);

describe('conversations', { concurrency: 30 }, () => {
  for (const session of [...whole, ...ends]) conversation(session);
});

function conversation(session) {
  describe(session.name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-servers-'));
    const steps = typeof session.steps === 'function' ? session.steps(folder) : session.steps;
    const { server, options, revision, secrets = [], ending = { code: 0, signal: null } } = session;
    const reproduced = new Set();
    const expected = steps.filter(({ report }) => report);
    let [command, sink, direct, through, own] = [];

    before(async () => {
      command = session.command(folder);
      session.prepare?.(folder);
      sink = await startSink();
      own = environment(folder);
      const waitsFor = ({ report }) => sink.until(() => find(sink.reports, report));
      [direct, through] = await Promise.all([
        slot(() => converse(command, { ...session, steps }, { folder, env: own })),
        slot(() =>
          converse(
            wrapped(command, options),
            { ...session, steps },
            { folder, env: environment(folder, sink), waitsFor },
          ),
        ),
      ]);
      // The wrapper has ended; what it had to say has been said, or comes while a slow machine catches up.
      await sink.until(() => sink.total() >= expected.length, 5_000);
    });
    after(async () => {
      await sink?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const [index, step] of steps.entries()) {
      if (step.wire) test(`${step.name}: on the wire`, () => checkAnswer(step, direct.answers[index]));
      if (!step.report) continue;
      const wanted = step.report;
      test(`${step.name}: the report`, () => {
        const report = find(sink.reports, wanted);
        assert.ok(
          report,
          `no report of ${wanted.class} ${wanted.source} ${wanted.target} ${wanted.message}\n` +
            `among\n${summary(sink.reports)}\n${through.stderr}`,
        );
        checkReport(report, { wanted, server, revision });
      });
      // An interpreter takes a second to start: there, one failure of each kind stands for the others.
      if (wanted.reproducible === false || (session.startsSlowly && reproduced.has(String(wanted.class)))) continue;
      reproduced.add(String(wanted.class));
      test(`${step.name}: its reproduction`, async () => {
        const report = find(sink.reports, wanted) ?? assert.fail('there is no report');
        const run = () => reproduces(report, { wanted, step, env: own, folder });
        // The end of a server is waited for without doing anything.
        await (wanted.class === 'server_exit' ? run() : slot(run));
      });
    }

    test('nothing else is reported', () => {
      const claimed = new Set(expected.map(({ report }) => find(sink.reports, report)));
      const others = sink.reports.filter((report) => !claimed.has(report));
      assert.deepEqual(sink.complaints, []);
      assert.equal(others.length, 0, summary(others));
      assert.equal(sink.total(), expected.length, summary(sink.reports));
      assert.deepEqual(spooled(folder), []);
      for (const secret of secrets)
        assert.ok(!JSON.stringify(sink.reports).includes(secret), `a secret left: ${secret}`);
    });
    test('the wrapper changes nothing', () => {
      const [straight, around] = [direct, through].map(({ stdout }) =>
        session.unordered ? sorted(stdout) : String(stdout),
      );
      assert.equal(around, straight);
      assert.deepEqual(through.end, direct.end);
      assert.deepEqual(direct.end, steps.at(-1).ends ?? ending);
    });
  });
}

const sorted = (bytes) => String(bytes).split('\n').sort().join('\n');
