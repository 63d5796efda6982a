// A server that accepts reports like the service and checks their shape.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const TIMEOUT = 15_000;

/** Starts the server on a free port of the loopback interface. */
export async function startSink() {
  const reports = [];
  const invalidRequests = [];
  const arrivals = new Set();
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return; // the sender has disconnected
    const receipts = [];
    try {
      assert.equal(request.method, 'POST');
      assert.equal(request.url.split('?')[0], '/report-error');
      const body = JSON.parse(Buffer.concat(chunks).toString());
      for (const report of [body].flat()) {
        assertValid(report);
        reports.push(report);
        const id = report.id ?? randomUUID();
        receipts.push({ id, fingerprint: '0'.repeat(32), status: 'accepted' });
      }
    } catch (error) {
      invalidRequests.push(`${request.method} ${request.url}: ${error.message}`);
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(receipts));
    arrivals.forEach((check) => check());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** All reports so far. */
    reports,
    /** Requests that are not valid reports. */
    invalidRequests,
    /** The number of failures in the reports. */
    total: () => reports.reduce((sum, { count = 1 }) => sum + count, 0),
    /** Resolves to true once `condition()` is true, or to false after the timeout. Checks again after each request. */
    async until(condition, timeout = TIMEOUT) {
      let check;
      let timer;
      const result = new Promise((resolve) => {
        check = () => condition() && resolve(true);
        timer = setTimeout(() => resolve(false), timeout);
        arrivals.add(check);
        check();
      });
      return result.finally(() => {
        clearTimeout(timer);
        arrivals.delete(check);
      });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function assertValid(report) {
  assert.equal(typeof report, 'object');
  for (const name of ['error_type', 'error_message']) {
    assert.equal(typeof report[name], 'string', `${name}: ${JSON.stringify(report)}`);
    assert.notEqual(report[name], '', `${name}: ${JSON.stringify(report)}`);
  }
  assert.match(report.id ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'the sender sets the id');
}
