// A server behind the HTTP proxy: what fails in its answers, and with the connection, is reported; the rest is not.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import * as row from './cases/rows.mjs';
import { environment } from './harness/conversation.mjs';
import { find, summary, told } from './harness/expectations.mjs';
import { openSession, post, requestAlone } from './harness/http-client.mjs';
import { fastmcpHttp, proxied, serve } from './harness/http-program.mjs';
import { start } from './harness/program.mjs';
import { startSink } from './harness/sink.mjs';

/** A call nobody answers may be told as any of these. */
const BROKEN_OFF = ['no_answer', 'server_exit', 'protocol_error'];

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

describe('over HTTP', { concurrency: 3 }, () => {
  const eras = { '2025-11-25': inSession, '2026-07-28': alone };
  for (const [revision, client] of Object.entries(eras)) {
    test(`failures of tools, resources and prompts, ${revision}`, (t) =>
      behindProxy(t, [], async ({ proxy, sink, reproduce }) => {
        const request = await client(proxy.url);
        for (const [index, { send, wire }] of FAILURES.entries()) {
          const { message } = await request(index + 1, send);
          const { text, channel } = told(message);
          assert.equal(channel, wire.channel, JSON.stringify(message));
          assert.match(text, wire.text);
        }
        await sink.until(() => sink.total() >= FAILURES.length);
        for (const { name, report: wanted, wire } of FAILURES) {
          await t.test(name, async () => {
            const report = find(sink.reports, wanted) ?? assert.fail(`no report\n${summary(sink.reports)}`);
            const story = JSON.stringify(report, null, 1);
            assert.equal(report.class, wanted.class, story);
            assert.equal(report.source, wanted.source, story);
            assert.equal(report.rpc.code, wanted.code, story);
            assert.equal(report.rpc.transport, 'http', story);
            assert.equal(report.rpc.protocol_version, revision, story);
            assert.equal(report.server?.name, 'faulty-python', story);
            assert.match(await reproduce(report), wire.text, story);
          });
        }
        assert.equal(sink.total(), FAILURES.length, summary(sink.reports));
      }));
  }

  test('what is no failure', (t) =>
    behindProxy(t, [], async ({ proxy, sink, stop }) => {
      const { session, request } = await openSession(proxy.url);
      const works = await request(1, row.call('divide', { a: 1, b: 2 }));
      assert.equal(told(works.message).channel, 'result');
      // A session the server forgot, a stream it does not offer, a probe for the other era, a client that leaves.
      const lost = await request(2, row.call('echo', { text: 'x' }), {
        headers: { 'mcp-session-id': 'forgotten', 'mcp-protocol-version': '2025-11-25' },
      });
      assert.ok(lost.status >= 400);
      assert.ok((await fetch(proxy.url)).status >= 400);
      await post(proxy.url, { jsonrpc: '2.0', id: 3, method: 'server/discover', params: {} });
      const leaving = new AbortController();
      const left = request(4, row.call('slow', { ms: 500 }), { signal: leaving.signal });
      setTimeout(() => leaving.abort(), 200);
      await assert.rejects(left);
      await fetch(proxy.url, {
        method: 'DELETE',
        headers: { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' },
      });
      await stop();
      assert.equal(sink.reports.length, 0, summary(sink.reports));
    }));

  test('a call that is not answered in time', (t) =>
    behindProxy(t, ['--timeout', '1s'], async ({ proxy, sink }) => {
      const { request } = await openSession(proxy.url);
      const late = request(1, row.call('slow', { ms: 4_000 })).catch(() => {});
      assert.ok(await sink.until(() => sink.reports.length > 0), 'no report');
      const [report] = sink.reports;
      assert.deepEqual([report.class, report.rpc.tool], ['no_answer', 'slow'], JSON.stringify(report, null, 1));
      await late;
    }));

  test('a server that ends in the middle of a call, and is gone for the next', (t) =>
    behindProxy(t, [], async ({ proxy, sink }) => {
      const { request } = await openSession(proxy.url);
      await request(1, row.call('leave', { code: 7 })).catch(() => {});
      assert.ok(await sink.until(() => sink.reports.length > 0), 'no report of the call that broke off');
      assert.equal(sink.reports[0].rpc.tool, 'leave', summary(sink.reports));
      assert.ok(BROKEN_OFF.includes(sink.reports[0].class), summary(sink.reports));

      const gone = await request(2, row.call('echo', { text: 'x' }));
      assert.ok(gone.status >= 500);
      assert.ok(await sink.until(() => sink.reports.length > 1), 'no report of the call that reached nobody');
      assert.equal(sink.reports[1].rpc.tool, 'echo', summary(sink.reports));
      assert.ok(BROKEN_OFF.includes(sink.reports[1].class), summary(sink.reports));
    }));
});

async function inSession(url) {
  const { request } = await openSession(url);
  return request;
}

async function alone(url) {
  return (id, message) => requestAlone(url, id, message);
}

/** FastMCP over HTTP, the proxy in front of it, and a sink for its reports; all of it ends with the test. */
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
    /** Ends the proxy, which says what it has to say first. */
    async stop() {
      proxy.child.kill('SIGTERM');
      await proxy.end();
    },
    async reproduce({ reproduction }) {
      assert.equal(typeof reproduction, 'string', 'there is no reproduction');
      const shell = start(['sh', '-c', reproduction], { env: environment(folder), cwd: folder });
      running.push(shell);
      shell.stdin.end();
      await shell.end();
      return `${shell.stdout()}\n${shell.stderr()}`;
    },
  });
  assert.deepEqual(sink.complaints, []);
}
