// A real server for the tests: every request waits until the test answers it.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts a server on a free port. `handle(body, request, response)` answers calls; reports are collected, also from lists. */
export async function startServer(handle) {
  const calls = [];
  const reports = [];
  const wanted = [];
  let posts = 0;
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    if (request.url.split('?')[0] === '/report-error') {
      posts += 1;
      for (const report of [JSON.parse(text)].flat()) {
        reports.push({ report, text, url: request.url, headers: request.headers, post: posts });
      }
      if (!made.answerReport(response, posts)) {
        response.writeHead(202, { 'content-type': 'application/json' }).end('[]');
      }
      wanted.splice(0).forEach((look) => look());
      return;
    }
    const body = text && JSON.parse(text);
    calls.push({ body, headers: request.headers });
    await handle(body, response, calls.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const made = {
    calls,
    reports,
    /** Answers a POST of reports in the test's own way and says so, or leaves it to be taken. */
    answerReport: () => false,
    endpoint: `${origin}/jsonrpc`,
    reportTo: `${origin}/report-error`,
    /** Resolves once that many reports have arrived. */
    async reported(count) {
      while (reports.length < count) await new Promise((look) => wanted.push(look));
      return reports.slice(0, count).map(({ report }) => report);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return made;
}

/** Answers with JSON. */
export function json(response, value, status = 200, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

/** Answers with a result. */
export function result({ id }, response, value) {
  json(response, { jsonrpc: '2.0', id, result: value });
}

/** Answers with an error. */
export function error({ id }, response, code, message, data) {
  json(response, { jsonrpc: '2.0', id, error: { code, message, data } });
}
