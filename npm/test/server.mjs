// An HTTP server for the tests that records calls and reports.

import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * Starts a server on a free port. `handle(body, response, number)` responds to calls. Reports are recorded one by one.
 */
export async function startServer(handle) {
  const calls = [];
  const reports = [];
  const waiters = [];
  let posts = 0;
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return; // the client has disconnected
    const text = Buffer.concat(chunks).toString();
    if (request.url.split('?')[0] === '/report-error') {
      posts += 1;
      for (const report of [JSON.parse(text)].flat()) {
        reports.push({ report, text, url: request.url, headers: request.headers, post: posts });
      }
      if (!recorded.respondToReport(response, posts)) {
        response.writeHead(202, { 'content-type': 'application/json' }).end('[]');
      }
      waiters.splice(0).forEach((wake) => wake());
      return;
    }
    const body = text && JSON.parse(text);
    calls.push({ body, headers: request.headers, method: request.method, url: request.url });
    await handle(body, response, calls.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const recorded = {
    calls,
    reports,
    /** Responds to a POST of reports and returns true, or returns false to accept the reports with HTTP 202. */
    respondToReport: () => false,
    endpoint: `${origin}/jsonrpc`,
    origin,
    reportTo: `${origin}/report-error`,
    /** Resolves to the first `count` reports once they have arrived. */
    async reported(count) {
      while (reports.length < count) await new Promise((wake) => waiters.push(wake));
      return reports.slice(0, count).map(({ report }) => report);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return recorded;
}

/** Responds with JSON. */
export function json(response, value, status = 200, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** Responds with a result. */
export function result({ id }, response, value) {
  json(response, { jsonrpc: '2.0', id, result: value });
}

/** Responds with an error. */
export function error({ id }, response, code, message, data) {
  json(response, { jsonrpc: '2.0', id, error: { code, message, data } });
}
