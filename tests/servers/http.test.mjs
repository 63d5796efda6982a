// A server behind `autoheal mcp --http`: failures in responses and of the connection are reported, nothing else.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import * as row from './cases/rows.mjs';
import { environment } from './harness/session.mjs';
import { findReport, outcomeOf, summary } from './harness/expectations.mjs';
import { modernRequest, openSession, post } from './harness/http-client.mjs';
import { fastmcpHttp, proxied, serve } from './harness/http-program.mjs';
import { LEGACY, MODERN } from './harness/line-client.mjs';
import { start } from './harness/program.mjs';
import { startSink } from './harness/sink.mjs';

/** Possible classes of a call whose connection breaks. */
const BROKEN_CONNECTION = ['no_answer', 'server_exit', 'protocol_error'];

const FAILURES = [
  {
    name: 'a tool that raises',
    send: row.call('divide', { a: 1, b: 0 }),
    wire: row.isError(/division by zero/),
    report: row.toolFailure('divide', /division by zero/),
  },
  {
    name: 'a resource that raises',
    send: row.read('demo://broken'),
    wire: row.error(-32603, /the shelf is empty/),
    report: row.resourceFailure('demo://broken', /the shelf is empty/, { code: -32603 }),
  },
  {
    name: 'a prompt that raises',
    send: row.prompt('refuses', { subject: 'tea' }),
    wire: row.error(-32603, /no words about tea/),
    report: row.promptFailure('refuses', /no words about tea/, { code: -32603 }),
  },
  {
    name: 'an unknown tool',
    send: row.call('nope'),
    wire: row.isError(/Unknown tool/),
    report: row.badTool('nope', /Unknown tool/),
  },
];

describe('behind the HTTP proxy', { concurrency: 3 }, () => {
  const eras = { [LEGACY]: openClient, [MODERN]: modernClient };
  for (const [revision, client] of Object.entries(eras)) {
    test(`failures of tools, resources and prompts are reported, ${revision}`, (t) =>
      behindProxy(t, [], async ({ proxy, sink, reproduce }) => {
        const request = await client(proxy.url);
        for (const [index, { send, wire }] of FAILURES.entries()) {
          const { message } = await request(index + 1, send);
          const { text, channel } = outcomeOf(message);
          assert.equal(channel, wire.channel, JSON.stringify(message));
          assert.match(text, wire.text);
        }
        await sink.until(() => sink.total() >= FAILURES.length);
        for (const { name, report: expectation, wire } of FAILURES) {
          await t.test(name, async () => {
            const report = findReport(sink.reports, expectation) ?? assert.fail(`no report\n${summary(sink.reports)}`);
            const details = JSON.stringify(report, null, 1);
            assert.equal(report.class, expectation.class, details);
            assert.equal(report.source, expectation.source, details);
            assert.equal(report.rpc.code, expectation.code, details);
            assert.equal(report.rpc.transport, 'http', details);
            assert.equal(report.rpc.protocol_version, revision, details);
            assert.equal(report.server?.name, 'faulty-python', details);
            assert.match(await reproduce(report), wire.text, details);
          });
        }
        assert.equal(sink.total(), FAILURES.length, summary(sink.reports));
      }));
  }

  test('lost sessions, refused streams, probes and clients that disconnect are not reported', (t) =>
    behindProxy(t, [], async ({ proxy, sink, stop }) => {
      const { session, request } = await openSession(proxy.url);
      const success = await request(1, row.call('divide', { a: 1, b: 2 }));
      assert.equal(outcomeOf(success.message).channel, 'result');
      // An unknown session, a stream that the server does not have, a probe for the other era, a client that
      // disconnects.
      const lostSession = await request(2, row.call('echo', { text: 'x' }), {
        headers: { 'mcp-session-id': 'forgotten', 'mcp-protocol-version': LEGACY },
      });
      assert.ok(lostSession.status >= 400);
      assert.ok((await fetch(proxy.url)).status >= 400);
      await post(proxy.url, { jsonrpc: '2.0', id: 3, method: 'server/discover', params: {} });
      const disconnect = new AbortController();
      const disconnected = request(4, row.call('slow', { ms: 500 }), { signal: disconnect.signal });
      setTimeout(() => disconnect.abort(), 200);
      await assert.rejects(disconnected);
      await fetch(proxy.url, {
        method: 'DELETE',
        headers: { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY },
      });
      await stop();
      assert.equal(sink.reports.length, 0, summary(sink.reports));
    }));

  test('a call without a response in time is reported', (t) =>
    behindProxy(t, ['--timeout', '1s'], async ({ proxy, sink }) => {
      const { request } = await openSession(proxy.url);
      const early = await request(1, row.call('slow', { ms: 1_500 }));
      assert.equal(early.status, 200);
      assert.equal(sink.reports.length, 0, 'a late response is no failure');
      const late = request(2, row.call('slow', { ms: 6_000 })).catch(() => {});
      assert.ok(await sink.until(() => sink.reports.length > 0), 'no report');
      const [report] = sink.reports;
      assert.deepEqual([report.class, report.rpc.tool], ['no_answer', 'slow'], JSON.stringify(report, null, 1));
      await late;
    }));

  test('a server that exits during a call is reported, and so is the next call, which cannot reach it', (t) =>
    behindProxy(t, [], async ({ proxy, sink }) => {
      const { request } = await openSession(proxy.url);
      await request(1, row.call('leave', { code: 7 })).catch(() => {});
      assert.ok(await sink.until(() => sink.reports.length > 0), 'no report of the interrupted call');
      assert.equal(sink.reports[0].rpc.tool, 'leave', summary(sink.reports));
      assert.ok(BROKEN_CONNECTION.includes(sink.reports[0].class), summary(sink.reports));

      const unreachable = await request(2, row.call('echo', { text: 'x' }));
      assert.ok(unreachable.status >= 500);
      assert.ok(await sink.until(() => sink.reports.length > 1), 'no report of the call after the exit');
      assert.equal(sink.reports[1].rpc.tool, 'echo', summary(sink.reports));
      assert.ok(BROKEN_CONNECTION.includes(sink.reports[1].class), summary(sink.reports));
    }));
});

async function openClient(url) {
  const { request } = await openSession(url);
  return request;
}

async function modernClient(url) {
  return (id, message) => modernRequest(url, id, message);
}

/** Runs a test with FastMCP over HTTP, the proxy in front of it, and a sink for reports, and ends them all. */
async function behindProxy(t, options, run) {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-http-'));
  const sink = await startSink();
  const running = [];
  t.after(async () => {
    for (const program of running) program.kill();
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const upstream = await serve(fastmcpHttp, { folder });
  running.push(upstream);
  const proxy = await serve(proxied(upstream.url, options), { folder, env: { AUTOHEAL_URL: sink.url } });
  running.push(proxy);
  await run({
    proxy,
    sink,
    /** Ends the proxy, which delivers its last reports first. */
    async stop() {
      proxy.child.kill('SIGTERM');
      await proxy.end();
    },
    async reproduce({ reproduction }) {
      assert.equal(typeof reproduction, 'string', 'no reproduction');
      const shell = start(['sh', '-c', reproduction], { env: environment(folder), cwd: folder });
      running.push(shell);
      shell.stdin.end();
      await shell.end();
      return `${shell.stdout()}\n${shell.stderr()}`;
    },
  });
  assert.deepEqual(sink.invalidRequests, []);
}
