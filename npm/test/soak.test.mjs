// A soak: many calls to a server that restarts, loses sessions, cuts streams and responds late, at random.
//
// `AUTOHEAL_SOAK_CALLS=10000 node --test test/soak.test.mjs` makes more calls than the short form. `AUTOHEAL_SOAK_SEED`
// repeats a run.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { MCPClient } from './harness.mjs';
import { discoverResult, initializeResult } from './mcp-server.mjs';
import { startServer } from './server.mjs';

const CALLS = Number(process.env.AUTOHEAL_SOAK_CALLS ?? 250);
const SEED = Number(process.env.AUTOHEAL_SOAK_SEED ?? Date.now() % 1e9);
/** Calls under way at the same time. */
const PARALLEL = 24;
/** Calls between two restarts of the server, on average. */
const CALLS_PER_RESTART = 150;
/** Timeout of a call, in milliseconds. Late responses take twice as long. */
const TIMEOUT = 250;
/** Maximum growth of the heap over the last two thirds of the calls, in bytes. */
const MAX_GROWTH = 2_000_000;

const LOSSES = [
  [404, ''],
  [410, ''],
  [400, 'No valid session ID provided'],
  [401, 'Session not found'],
  [500, 'unknown session'],
  [200, '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}'],
];

for (const era of ['legacy', 'modern']) {
  test(`${era} MCP: every call settles, and each failure is reported once`, { timeout: 60_000 + CALLS * 20 }, async (t) => {
    t.diagnostic(`AUTOHEAL_SOAK_SEED=${SEED}`);
    const random = randomNumbers(SEED);
    const server = await startUnreliable(era, random);
    t.after(() => server.stop());
    const reports = await startServer(() => {});
    t.after(() => reports.close());
    reports.respondToReport = (response) => {
      if (random() > 0.1) return false;
      reports.reports.splice(reports.reports.length - 1); // not accepted
      response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    };
    const client = new MCPClient(server.endpoint, {
      mcp: era,
      timeout: 5000,
      reportErrors: { endpoint: reports.reportTo, maxPerMinute: 10_000, breadcrumbs: false },
    });
    t.after(() => client.close());
    client.setNotificationHandler('notifications/tools/list_changed', () => {});

    const failed = {};
    const fail = (kind) => (failed[kind] = (failed[kind] ?? 0) + 1);
    let begun = 0;
    let base;
    const makeCalls = async () => {
      while (begun < CALLS) {
        const number = (begun += 1);
        if (number === Math.ceil(CALLS / 3)) base = heapUsed();
        if (random() < 1 / CALLS_PER_RESTART) await server.restart();
        const idempotent = random() < 0.3;
        try {
          const { content, isError } = await client.callTool('echo', { number }, { idempotent, timeout: TIMEOUT });
          assert.equal(content[0].text, `echo ${number}`, 'the result of another call');
          if (isError) fail('tool_failure');
        } catch (error) {
          if (error.code === undefined || error.code === 'ERR_ASSERTION') throw error;
          fail(classOf(error.code));
        }
        if (!idempotent) assert.ok((server.executed.get(number) ?? 0) <= 1, 'a call was carried out twice');
        server.executed.delete(number);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, makeCalls));
    // Only a session that is lost twice during one call fails it.
    assert.ok((failed.http ?? 0) <= CALLS / 20, `${failed.http} calls failed with a lost session`);
    const growth = heapUsed() - base;
    assert.ok(growth < MAX_GROWTH, `the heap has grown by ${growth} bytes`);

    assert.equal(await client.flush(20_000), true);
    const reported = {};
    const ids = new Set();
    for (const { report } of reports.reports) {
      if (ids.has(report.id)) continue;
      ids.add(report.id);
      reported[report.class] = (reported[report.class] ?? 0) + (report.count ?? 1);
    }
    assert.deepEqual(sorted(reported), sorted(failed));
    t.diagnostic(`${CALLS} calls, ${server.restarts} restarts, heap ${growth} bytes, failures ${JSON.stringify(failed)}`);
  });
}

const sorted = (counts) => Object.fromEntries(Object.entries(counts).sort());

function classOf(code) {
  if (code === 'NETWORK') return 'network';
  if (code === 'TIMEOUT') return 'timeout';
  if (/^HTTP/.test(code)) return 'http';
  return code <= -32600 ? 'protocol' : 'application';
}

function heapUsed() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** Random numbers from 0 to below 1, the same for the same seed. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An MCP server that fails at random. `executed` counts how often the call of each number was carried out. */
async function startUnreliable(era, random) {
  let sessions = new Set();
  let http;
  let restarting;
  const unreliable = { executed: new Map(), restarts: 0 };
  const pick = (list) => list[Math.floor(random() * list.length)];

  async function respond(request, response) {
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return;
    const session = request.headers['mcp-session-id'];
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    const { id, method = request.method, params } = body;
    const json = (message, headers = {}) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(message));
    const result = (value, headers) => json({ jsonrpc: '2.0', id, result: value }, headers);
    if (method === 'initialize') {
      const opened = `s-${Math.floor(random() * 1e12)}`;
      sessions.add(opened);
      return result(initializeResult(), { 'mcp-session-id': opened });
    }
    if (method === 'server/discover') return result(discoverResult());
    if (era === 'legacy' && !sessions.has(session)) {
      const [status, text] = pick(LOSSES);
      return response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    }
    if (method === 'GET' || method === 'subscriptions/listen') return stream(response, random);
    if (method !== 'tools/call') return response.writeHead(202).end();
    return call(response, id, params.arguments.number, result);
  }

  function call(response, id, number, result) {
    const chance = random();
    if (chance < 0.02) return response.writeHead(503, { 'retry-after': '0' }).end();
    if (chance < 0.022) return sessions.clear() ?? response.destroy();
    unreliable.executed.set(number, (unreliable.executed.get(number) ?? 0) + 1);
    const value = { content: [{ type: 'text', text: `echo ${number}` }] };
    const message = `data: ${JSON.stringify({ jsonrpc: '2.0', id, result: value })}\n\n`;
    if (chance < 0.05) return setTimeout(() => response.destroyed || result(value), TIMEOUT * 2);
    if (chance < 0.07) return response.destroy();
    if (chance < 0.1) return result({ ...value, isError: true });
    if (chance < 0.13) {
      const error = { code: chance < 0.11 ? -32602 : 7, message: 'no' };
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }
    if (chance < 0.6) return result(value);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (chance < 0.62) return response.write(message.slice(0, 20), () => response.destroy());
    response.write(': hello\n\n');
    return setTimeout(() => response.end(message), random() * 20);
  }

  async function listen(port) {
    http = createServer(respond).listen(port, '127.0.0.1');
    await once(http, 'listening');
    return http.address().port;
  }

  async function stop() {
    const closed = once(http, 'close');
    http.close();
    http.closeAllConnections();
    await closed;
  }

  const port = await listen(0);
  unreliable.endpoint = `http://127.0.0.1:${port}/mcp`;
  unreliable.stop = async () => {
    await restarting;
    await stop();
  };
  unreliable.restart = () => {
    restarting ??= (async () => {
      await stop();
      sessions = new Set();
      unreliable.restarts += 1;
      await listen(port);
      restarting = undefined;
    })();
    return restarting;
  };
  return unreliable;
}

/** The stream for notifications, which ends after a moment. */
function stream(response, random) {
  if (random() < 0.2) return response.writeHead(503).end();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
  return setTimeout(() => response.destroy(), random() * 200);
}
