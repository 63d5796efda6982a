// A server on the loopback interface: JSON-RPC calls, reports, and the files of one folder.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
// Pages of development servers have another origin.
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

/**
 * Starts the server. `files` is the folder it serves, `headers` are sent with each file, `types` overrides media types.
 */
export async function startServer(t, { files, headers = {}, types = {} } = {}) {
  const reports = [];
  const waiters = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return; // the page has been closed while it sent a report
    const body = Buffer.concat(chunks).toString();
    const path = new URL(request.url, 'http://server').pathname;
    if (request.method === 'OPTIONS') return response.writeHead(204, CORS).end();
    if (path === '/jsonrpc') return send(response, 200, respond(JSON.parse(body)));
    if (path === '/report-error') {
      reports.push(...[JSON.parse(body)].flat());
      waiters.splice(0).forEach((wake) => wake());
      return send(response, 202, []);
    }
    try {
      const type = { ...TYPES, ...types }[extname(path)] ?? 'application/octet-stream';
      const content = await readFile(join(files, path));
      response.writeHead(200, { 'content-type': type, ...headers }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    reports,
    /** Resolves to the first report. */
    async reported() {
      while (reports.length === 0) await new Promise((wake) => waiters.push(wake));
      return reports[0];
    },
  };
}

function respond({ id, method, params }) {
  const outcome =
    method === 'add' ? { result: params.a + params.b } : { error: { code: -32050, message: 'the shop is closed' } };
  return { jsonrpc: '2.0', id, ...outcome };
}

function send(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json', ...CORS }).end(JSON.stringify(value));
}
