// A page, and a server behind `autoheal mcp`: the reports of a call's two ends are one failure, with both stacks.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';

import { MCPClient } from '../../npm/dist/mcp-autoheal.inline.js';
import { serve } from './harness/http-program.mjs';
import { autoheal, fixture, NODE } from './harness/places.mjs';
import { start } from './harness/program.mjs';
import { environment, wrapped } from './harness/session.mjs';

const KEY = 'key-of-the-test-0001';
const TIMEOUT = 60_000;

test('a crash that the page sees as a 502 is one failure, with the stacks of server and page', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-both-ends-'));
  const running = [];
  t.after(() => {
    running.forEach((program) => program.kill());
    rmSync(folder, { recursive: true, force: true });
  });
  const listen = (port) => [autoheal(), 'serve', '--listen', `127.0.0.1:${port}`, '--store', join(folder, 'store.db')];
  const service = await serve(listen, { env: { AUTOHEAL_KEY: KEY }, folder, path: '' });
  running.push(service);
  const env = { ...environment(folder), AUTOHEAL_URL: service.url, AUTOHEAL_KEY: KEY };
  const endpoint = await bridge(t, () => {
    const server = start(wrapped([NODE, fixture('crashing-server.mjs')]), { env, cwd: folder });
    running.push(server);
    return server;
  });

  // twice, because the second call must open no group of its own either
  for (const count of [1, 2]) {
    const client = new MCPClient(endpoint, {
      mcp: 'legacy',
      retries: 0,
      reportErrors: { endpoint: `${service.url}/report-error` },
    });
    await assert.rejects(
      async function checkOut() {
        await client.callTool('price', { name: 'coffee' });
      },
      { code: 'HTTP_502' },
    );
    await client.close();
    assert.equal(await client.flush(TIMEOUT), true);
    const [failure, ...others] = await failuresOnce(service.url, ({ group }) => group.known_count === count);
    assert.deepEqual(others, []);
    const { group, samples } = failure;
    assert.deepEqual([group.source, group.count, group.error_type], ['mcp_tool', count, 'TypeError']);
    assert.match(group.preview.body, /## Stack Trace\n[^#]*priceOf/);
    const [ofServer, ofPage] = samples.map(({ report }) => report);
    assert.match(ofServer.stack_trace, /priceOf/);
    assert.match(ofPage.stack_trace, /checkOut/);
    assert.deepEqual(ofServer.trace, ofPage.trace);
    assert.ok(group.preview.body.includes(`**Trace:** \`${ofServer.trace.trace_id}\``), group.preview.body);
  }
});

/** The service's failures, once one of them is as wanted. */
async function failuresOnce(url, isWanted) {
  const get = async (path) => (await fetch(`${url}/api/groups${path}`)).json();
  for (const end = performance.now() + TIMEOUT; ; await wait(50)) {
    const { groups } = await get('');
    const details = await Promise.all(groups.map(({ fingerprint }) => get(`/${fingerprint}`)));
    if (details.some(isWanted)) return details;
    if (performance.now() > end) throw new Error(`not in time: ${JSON.stringify(details, null, 1)}`);
  }
}

/** Serves a server on pipes over HTTP. A request during which the server ends is answered with 502. */
async function bridge(t, startServer) {
  let server;
  const http = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.method !== 'POST') return response.writeHead(405).end();
    if (!server || server.child.exitCode !== null) server = startServer();
    server.stdin.write(`${body}\n`);
    const { id } = JSON.parse(body);
    if (id === undefined) return response.writeHead(202).end();
    const responseLine = () => server.stdout().toString().split('\n').find((line) => line.includes(`"id":${id},`));
    const line = await server.until(responseLine, `the response to ${id}`).catch(() => undefined);
    if (line) response.writeHead(200, { 'content-type': 'application/json' }).end(line);
    else response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${http.address().port}/mcp`;
}
