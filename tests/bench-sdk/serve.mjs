// The server of the measuring page: the page, the built package, and an endpoint for the figures.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { json } from 'node:stream/consumers';

const PAGE = join(import.meta.dirname, 'page');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
/** These headers isolate the page, so that its clock has a resolution of 5 µs instead of 100 µs. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const TIMEOUT = 300_000;

/** Serves until closed. `measured` resolves to the figures that the page posts, or rejects with its error. */
export async function serve(dist, official) {
  let succeed, fail;
  const measured = new Promise((...functions) => ([succeed, fail] = functions));
  measured.catch(() => {}); // handled where it is awaited, which may be after the rejection
  const timer = setTimeout(() => fail(new Error(`the page did not finish within ${TIMEOUT / 1000} s`)), TIMEOUT);

  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://page').pathname;
    if (path === '/figures' && request.method === 'POST') {
      const { figures, failure } = await json(request);
      response.end();
      if (figures) succeed(figures);
      else fail(new Error(`in the page: ${failure}`));
      return;
    }
    const content = path === '/official.js' ? official : await readFile(fileOf(path, dist)).catch(() => undefined);
    const head = { ...ISOLATED, 'content-type': TYPES[extname(path) || '.html'] ?? 'text/plain' };
    response.writeHead(content === undefined ? 404 : 200, head).end(content);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    measured,
    fail,
    url: (settings) => `http://127.0.0.1:${server.address().port}/?${new URLSearchParams(settings)}`,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

function fileOf(path, dist) {
  if (path === '/') return join(PAGE, 'index.html');
  return path.startsWith('/dist/') ? join(dist, path.slice('/dist'.length)) : join(PAGE, path);
}
