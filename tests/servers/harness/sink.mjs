// Takes reports in as the service would, checks their shape, and hands them out as they arrive.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const PATIENCE = 15_000;

/** Starts it on a free port of the loopback. */
export async function startSink() {
  const reports = [];
  const complaints = [];
  const arrivals = new Set();
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return; // the sender went away in the middle of it
    const receipts = [];
    try {
      assert.equal(request.method, 'POST');
      assert.equal(request.url.split('?')[0], '/report-error');
      const body = JSON.parse(Buffer.concat(chunks).toString());
      for (const report of [body].flat()) {
        check(report);
        reports.push(report);
        const id = report.id ?? randomUUID();
        receipts.push({ id, fingerprint: '0'.repeat(32), status: 'accepted' });
      }
    } catch (problem) {
      complaints.push(`${request.method} ${request.url}: ${problem.message}`);
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(receipts));
    arrivals.forEach((look) => look());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Every report so far. */
    reports,
    /** What came and was no report. */
    complaints,
    /** How many failures the reports stand for. */
    total: () => reports.reduce((sum, { count = 1 }) => sum + count, 0),
    /** Resolves to whether `happened()` came true in time; looks only when something has arrived. */
    async until(happened, patience = PATIENCE) {
      let look;
      let timer;
      const came = new Promise((resolve) => {
        look = () => happened() && resolve(true);
        timer = setTimeout(() => resolve(false), patience);
        arrivals.add(look);
        look();
      });
      return came.finally(() => {
        clearTimeout(timer);
        arrivals.delete(look);
      });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function check(report) {
  assert.equal(typeof report, 'object');
  for (const name of ['error_type', 'error_message']) {
    assert.equal(typeof report[name], 'string', `${name}: ${JSON.stringify(report)}`);
    assert.notEqual(report[name], '', `${name}: ${JSON.stringify(report)}`);
  }
  assert.match(report.id ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a sender freezes an id');
}
