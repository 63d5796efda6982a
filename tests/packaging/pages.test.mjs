// Pages without a bundler: modules by URL, the classic script, and the error if the WebAssembly module does not load.

import assert from 'node:assert/strict';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { outcomeOfGoodPage, outcomeOfPage } from './browser.mjs';
import { assertWorks, html, pack, pageScript, project } from './project.mjs';
import { startServer } from './server.mjs';

const ENTRY = './node_modules/mcp-autoheal/dist/mcp-autoheal.js';
const PAGE = html('<script type="module" src="./main.js"></script>');
const CLASSIC_PAGE = html(`
  <script src="./node_modules/mcp-autoheal/dist/mcp-autoheal.script.js"></script>
  <script type="module">
    import { shop } from './shop.js';
    const server = new URLSearchParams(location.search).get('server');
    const outcome = await shop({ MCPClient: window.MCPClient, MCPError: window.MCPError }, server);
    console.log('outcome', JSON.stringify(outcome));
  </script>`);

let tarball;
before(async () => {
  ({ tarball } = await pack('pages'));
});

/** A project with a page that imports the entry by its URL. */
async function pageProject(name, options) {
  const home = await project(tarball, name, { 'index.html': PAGE, 'main.js': pageScript(ENTRY, options) });
  return { home, module: join(home, 'node_modules/mcp-autoheal/dist/mcp-autoheal_bg.wasm') };
}

test('a page can import the entry by its URL', async (t) => {
  const { home } = await pageProject('modules');
  const server = await startServer(t, { files: home });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
});

test('the module loads without the media type application/wasm', async (t) => {
  const { home } = await pageProject('media-type');
  const server = await startServer(t, { files: home, types: { '.wasm': 'application/octet-stream' } });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
});

test('the module loads with a Content-Security-Policy that allows WebAssembly', async (t) => {
  const { home } = await pageProject('policy');
  const policy = "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'";
  const headers = { 'content-security-policy': policy };
  const server = await startServer(t, { files: home, headers });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
});

test('the classic script works', async (t) => {
  const home = await project(tarball, 'script', { 'index.html': CLASSIC_PAGE });
  const server = await startServer(t, { files: home });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
});

test('the module loads from a wasmUrl relative to the page', async (t) => {
  const { home, module } = await pageProject('elsewhere', "{ wasmUrl: '/assets/module.wasm' }");
  await mkdir(join(home, 'assets'));
  await rename(module, join(home, 'assets/module.wasm'));
  const server = await startServer(t, { files: home });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
});

test('a missing module rejects with its URL and all remedies, and is reported', async (t) => {
  const { home, module } = await pageProject('missing');
  await rm(module);
  const server = await startServer(t, { files: home });
  const { outcome } = await outcomeOfPage(t, `${server.origin}/index.html`, server);
  assert.equal(outcome.code, 'MODULE_LOAD');
  assert.equal(outcome.isMCPError, true);
  const url = `${server.origin}/node_modules/mcp-autoheal/dist/mcp-autoheal_bg.wasm`;
  assert.ok(outcome.message.includes(`HTTP 404 (no type) for ${url}`), outcome.message);
  const remedy = `Serve mcp-autoheal_bg.wasm at ${url}, beside mcp-autoheal.js, set the option wasmUrl to its address`;
  assert.ok(outcome.message.includes(`${remedy}, or import mcp-autoheal/inline`), outcome.message);
  assert.match((await server.reported()).error_message, /could not be loaded: HTTP 404/);
});

test('a server that sends its start page instead of the module: the error has both remedies', async (t) => {
  const { home, module } = await pageProject('start-page');
  await cp(join(home, 'index.html'), module);
  const server = await startServer(t, { files: home, types: { '.wasm': 'text/html' } });
  const { outcome } = await outcomeOfPage(t, `${server.origin}/index.html`, server);
  assert.match(outcome.message, /HTTP 200 \(text\/html\) for http:.*Serve mcp-autoheal_bg\.wasm at .*option wasmUrl/s);
});

test('with a Content-Security-Policy that forbids WebAssembly, the error names the missing source', async (t) => {
  const { home } = await pageProject('forbidden');
  const headers = { 'content-security-policy': "default-src 'self'; script-src 'self'" };
  const server = await startServer(t, { files: home, headers });
  const { outcome } = await outcomeOfPage(t, `${server.origin}/index.html`, server);
  assert.equal(outcome.code, 'MODULE_LOAD');
  assert.match(outcome.message, /Add 'wasm-unsafe-eval' to script-src/);
});
