// The measuring page's server, on loopback: the page, the package as it is shipped, and the way back for the figures.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { json } from 'node:stream/consumers';

const PAGE = join(import.meta.dirname, 'page');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
/** With these two a page is isolated, and its clock ticks in 5 µs instead of 100. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const PATIENCE = 300_000;

/** Serves until closed; `measured` resolves to what the page posts, or rejects with what went wrong there. */
export async function serve(dist, official) {
  let succeed, fail;
  const measured = new Promise((...both) => ([succeed, fail] = both));
  measured.catch(() => {}); // whoever awaits it hears of it, even if it fails before
  const timer = setTimeout(() => fail(new Error(`the page did not finish within ${PATIENCE / 1000} s`)), PATIENCE);

  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://page').pathname;
    if (path === '/figures' && request.method === 'POST') {
      const { figures, failure } = await json(request);
      response.end();
      if (figures) succeed(figures);
      else fail(new Error(`in the page: ${failure}`));
      return;
    }
    const content = path === '/official.js' ? official : await readFile(located(path, dist)).catch(() => undefined);
    const head = { ...ISOLATED, 'content-type': TYPES[extname(path) || '.html'] ?? 'text/plain' };
    response.writeHead(content === undefined ? 404 : 200, head).end(content);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

  return {
    measured,
    fail,
    address: (settings) => `http://127.0.0.1:${server.address().port}/?${new URLSearchParams(settings)}`,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

function located(path, dist) {
  if (path === '/') return join(PAGE, 'index.html');
  return path.startsWith('/dist/') ? join(dist, path.slice('/dist'.length)) : join(PAGE, path);
}
