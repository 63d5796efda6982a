// The scripted web server of one case, with the page and the built package.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const PACKAGE = new URL('../../npm/dist/', import.meta.url);
const PAGE = new URL('./page/', import.meta.url);
const FILES = {
  '/': [PAGE, 'index.html', 'text/html; charset=utf-8'],
  '/page.js': [PAGE, 'page.js', 'text/javascript'],
  '/mcp-autoheal.js': [PACKAGE, 'mcp-autoheal.js', 'text/javascript'],
  '/mcp-autoheal_bg.wasm': [PACKAGE, 'mcp-autoheal_bg.wasm', 'application/wasm'],
};
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'content-type',
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-max-age': '0',
};
const TIMEOUT = 20_000;

/**
 * Starts a server on a free port, so that it is its own origin. Members of the script: `report(response)` responds to
 * POSTs below `/report-error`, `mcp({method, headers, body}, response)` to all requests at `/mcp`, `call(body,
 * response)` to all other POSTs. `redirects` maps paths to addresses. `headers` are sent with the page, `files` maps paths to error statuses, and `cors`
 * allows pages of other origins: true, or additional headers.
 */
export async function startServer(script) {
  const received = { calls: [], mcp: [], reports: [], requests: [] };
  const arrivals = new Set();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://any');
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return; // the page has been closed
    const text = Buffer.concat(chunks).toString();
    received.requests.push(`${request.method} ${pathname}`);
    const corsHeaders = script.cors ? { ...CORS, ...script.cors } : {};
    for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value);
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else if (script.redirects?.[pathname]) response.writeHead(307, { location: script.redirects[pathname] }).end();
    else if (pathname === '/mcp') {
      const message = { method: request.method, headers: request.headers, body: text ? JSON.parse(text) : undefined };
      received.mcp.push(message);
      script.mcp(message, response);
    } else if (request.method === 'GET') await file(pathname, script, response);
    else if (pathname.startsWith('/report-error')) {
      received.reports.push({ text, type: request.headers['content-type'], url: request.url });
      if (script.report) script.report(response);
      else response.writeHead(202, { 'content-type': 'application/json' }).end('[]');
    } else {
      const call = { body: text ? JSON.parse(text) : undefined, headers: request.headers };
      received.calls.push(call);
      script.call(call.body, response);
    }
    arrivals.forEach((check) => check());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;

  /** All reports so far, one by one. */
  const reports = () => received.reports.flatMap(({ text }) => JSON.parse(text));
  /** Resolves once `condition()` is true. Checks again after each request. */
  const until = async (condition, description = condition) => {
    let check;
    let timer;
    try {
      await new Promise((resolve, reject) => {
        check = () => condition() && resolve();
        const message = () => `not in time: ${description}\n${summary(received)}`;
        timer = setTimeout(() => reject(new assert.AssertionError({ message: message() })), TIMEOUT);
        arrivals.add(check);
        check();
      });
    } finally {
      clearTimeout(timer);
      arrivals.delete(check);
    }
  };
  return {
    ...received,
    origin,
    until,
    /** The bodies of all posted reports. */
    reportTexts: () => received.reports.map(({ text }) => text),
    /** Resolves to the reports once there are `enough`, a number or a function of the reports. */
    async reported(enough) {
      await until(() => (typeof enough === 'number' ? reports().length >= enough : enough(reports())), enough);
      return reports();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function file(path, { headers = {}, files = {} }, response) {
  if (files[path]) return response.writeHead(files[path]).end();
  // after a moment, because browsers cancel the requests of the page that is left before or after the response
  if (path === '/slow') await new Promise((resume) => setTimeout(resume, 800));
  if (path === '/away' || path === '/slow') return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>away</title>');
  if (!FILES[path]) return response.writeHead(404).end();
  const [folder, name, type] = FILES[path];
  const bytes = await readFile(new URL(name, folder));
  return response.writeHead(200, { 'content-type': type, ...(path === '/' ? headers : {}) }).end(bytes);
}

function summary({ requests, reports }) {
  return [...requests, ...reports.map(({ text }) => text.slice(0, 500))].join('\n');
}
