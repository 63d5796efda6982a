// The web server of one case: the page, the built package, and handlers that the case scripts.

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
const PATIENCE = 20_000;

/**
 * Starts it on a free port, which makes it an origin of its own. What can be scripted:
 * `report(response)` answers POSTs below `/report-error`, `mcp({method, headers, body}, response)` everything at
 * `/mcp`, and `call(body, response)` all other POSTs; `headers` go with the page, `files` maps a path to a status to
 * answer with instead, `cors` opens everything to pages of other origins: true, or headers that go with that.
 */
export async function startServer(script) {
  const seen = { calls: [], mcp: [], reports: [], requests: [] };
  const arrivals = new Set();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://any');
    const chunks = await request.toArray().catch(() => undefined);
    if (!chunks) return; // the page went away in the middle of it
    const text = Buffer.concat(chunks).toString();
    seen.requests.push(`${request.method} ${pathname}`);
    const open = script.cors ? { ...CORS, ...script.cors } : {};
    for (const [name, value] of Object.entries(open)) response.setHeader(name, value);
    if (request.method === 'OPTIONS') response.writeHead(204).end();
    else if (pathname === '/mcp') {
      const message = { method: request.method, headers: request.headers, body: text ? JSON.parse(text) : undefined };
      seen.mcp.push(message);
      script.mcp(message, response);
    } else if (request.method === 'GET') await file(pathname, script, response);
    else if (pathname.startsWith('/report-error')) {
      seen.reports.push({ text, type: request.headers['content-type'], address: request.url });
      if (script.report) script.report(response);
      else response.writeHead(202, { 'content-type': 'application/json' }).end('[]');
    } else {
      const call = { body: JSON.parse(text), headers: request.headers };
      seen.calls.push(call);
      script.call(call.body, response);
    }
    arrivals.forEach((look) => look());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;

  /** All reports so far, those of a batch one by one. */
  const reports = () => seen.reports.flatMap(({ text }) => JSON.parse(text));
  /** Resolves as soon as `happened()`; looks only when something has arrived. */
  const until = async (happened, what = happened) => {
    let look;
    let patience;
    try {
      await new Promise((found, failed) => {
        look = () => happened() && found();
        const message = () => `this did not come: ${what}\n${story(seen)}`;
        patience = setTimeout(() => failed(new assert.AssertionError({ message: message() })), PATIENCE);
        arrivals.add(look);
        look();
      });
    } finally {
      clearTimeout(patience);
      arrivals.delete(look);
    }
  };
  return {
    ...seen,
    origin,
    until,
    /** Everything ever posted as a report, as it came. */
    reportTexts: () => seen.reports.map(({ text }) => text),
    /** Resolves to the reports as soon as there are so many, or `enough(reports)`. */
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
  if (path === '/away') return response.writeHead(200, { 'content-type': 'text/html' }).end('<title>away</title>');
  if (!FILES[path]) return response.writeHead(404).end();
  const [folder, name, type] = FILES[path];
  const bytes = await readFile(new URL(name, folder));
  return response.writeHead(200, { 'content-type': type, ...(path === '/' ? headers : {}) }).end(bytes);
}

function story({ requests, reports }) {
  return [...requests, ...reports.map(({ text }) => text.slice(0, 500))].join('\n');
}
