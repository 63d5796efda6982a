// Places that are neither a page nor a runtime with files: bundles that are no ES modules, `require`, test runners that
// imitate a browser, and Cloudflare Workers.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { build as esbuild } from 'esbuild';

import { outcomeOfGoodPage, outcomeOfPage } from './browser.mjs';
import { assertWorks, html, outcomeOf, pack, pageScript, project } from './project.mjs';
import { startServer } from './server.mjs';

const run = promisify(execFile);
const tool = (path) => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
const CLASSIC_PAGE = html('<script src="./bundle.js"></script>');

let tarball;
before(async () => {
  ({ tarball } = await pack('environments'));
});

/** A project whose bundle by esbuild is a classic script in a page. */
async function classicBundle(t, name, source, format) {
  const home = await project(tarball, name, { 'main.js': source, 'index.html': CLASSIC_PAGE });
  const paths = { absWorkingDir: home, entryPoints: ['main.js'], outfile: 'bundle.js' };
  await esbuild({ ...paths, bundle: true, format, logLevel: 'error' });
  const server = await startServer(t, { files: home });
  return { home, server, url: `${server.origin}/index.html` };
}

for (const entry of ['mcp-autoheal/inline', 'mcp-autoheal/ipfs-accelerate/inline']) {
  test(`a classic script bundled from ${entry} works`, async (t) => {
    const source = pageScript(entry).replace('shop(mcp,', 'shop({ MCPClient: mcp.IPFSAccelerateClient, ...mcp },');
    const { server, url } = await classicBundle(t, entry.replaceAll('/', '-'), source, 'iife');
    await assertWorks(await outcomeOfGoodPage(t, url, server), server);
  });
}

test('a classic script bundled from the main entry runs, and works with a wasmUrl', async (t) => {
  const wasmUrl = "{ wasmUrl: './node_modules/mcp-autoheal/dist/mcp-autoheal_bg.wasm' }";
  const { server, url } = await classicBundle(t, 'iife', pageScript('mcp-autoheal', wasmUrl), 'iife');
  await assertWorks(await outcomeOfGoodPage(t, url, server), server);
});

test('a classic script bundled from the main entry: the call names the remedy', async (t) => {
  const { server, url } = await classicBundle(t, 'iife-without', pageScript('mcp-autoheal'), 'iife');
  const { outcome } = await outcomeOfPage(t, url, server);
  assert.equal(outcome.code, 'MODULE_LOAD');
  assert.match(outcome.message, /Set the option wasmUrl to its address, or import mcp-autoheal\/inline/);
});

test('a CommonJS bundle works in Node', async (t) => {
  // CommonJS has no `await` at the top.
  const source = `
    import * as mcp from 'mcp-autoheal';
    import { shop } from './shop.js';
    shop(mcp, process.argv[2]).then((outcome) => console.log(JSON.stringify(outcome)));
  `;
  const home = await project(tarball, 'cjs', { 'main.js': source });
  const server = await startServer(t);
  const paths = { absWorkingDir: home, entryPoints: ['main.js'], outfile: 'bundle.cjs' };
  await esbuild({ ...paths, bundle: true, format: 'cjs', platform: 'node', logLevel: 'error' });
  await assertWorks(await outcomeOf(process.execPath, ['bundle.cjs', server.origin], home), server);
});

test('Parcel without configuration bundles both entries', async (t) => {
  const page = html('<script type="module" src="./main.js"></script>');
  for (const [name, entry] of [['main', 'mcp-autoheal'], ['inline', 'mcp-autoheal/inline']]) {
    const home = await project(tarball, `parcel-${name}`, { 'main.js': pageScript(entry), 'index.html': page });
    const parameters = ['build', 'index.html', '--no-cache', '--no-optimize', '--no-autoinstall', '--log-level=error'];
    await run(process.execPath, [tool('parcel/lib/bin.js'), ...parameters], { cwd: home, timeout: 60_000 }).catch(
      ({ stdout, stderr }) => assert.fail(stdout + stderr),
    );
    const server = await startServer(t, { files: join(home, 'dist') });
    await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
  }
});

for (const entry of ['mcp-autoheal', 'mcp-autoheal/inline', 'mcp-autoheal/ipfs-accelerate']) {
  test(`Node 22 can require ${entry}`, async (t) => {
    const source = `
      const mcp = require(${JSON.stringify(entry)});
      import('./shop.js').then(async ({ shop }) => {
        const outcome = await shop({ MCPClient: mcp.IPFSAccelerateClient, ...mcp }, process.argv[2]);
        console.log(JSON.stringify(outcome));
      });
    `;
    const home = await project(tarball, `require-${entry.replaceAll('/', '-')}`, { 'main.cjs': source });
    const server = await startServer(t);
    await assertWorks(await outcomeOf(tool('node/bin/node'), ['main.cjs', server.origin], home), server);
  });
}

// jsdom has neither `fetch` nor `TextEncoder`. Programs that call servers give it the first.
const JSDOM_WITH_FETCH = `
  const { TestEnvironment } = require(${JSON.stringify(tool('jest-environment-jsdom'))});
  module.exports = class extends TestEnvironment {
    constructor(...parameters) {
      super(...parameters);
      Object.assign(this.global, { fetch, AbortController, AbortSignal, Headers, Response });
    }
  };
`;

for (const [name, entry, environment] of [
  ['jsdom', 'mcp-autoheal', './jsdom-with-fetch.cjs'],
  ['jsdom and the inline entry', 'mcp-autoheal/inline', './jsdom-with-fetch.cjs'],
  ['its Node environment', 'mcp-autoheal', tool('jest-environment-node')],
]) {
  test(`Jest with ${name} can import the package and call`, async (t) => {
    const server = await startServer(t);
    const source = `
      import * as mcp from ${JSON.stringify(entry)};
      import { shop } from './shop.js';
      test('the shop', async () => {
        const outcome = await shop(mcp, ${JSON.stringify(server.origin)});
        expect(outcome).toEqual({ sum: 5, code: -32050, message: 'the shop is closed', isMCPError: true });
      });
    `;
    const config = JSON.stringify({ testEnvironment: environment, transform: {} });
    const files = { 'shop.test.js': source, 'jsdom-with-fetch.cjs': JSDOM_WITH_FETCH, 'jest.config.json': config };
    const home = await project(tarball, `jest-${name.replace(/\W+/g, '-')}`, files);
    const parameters = ['--experimental-vm-modules', tool('jest/bin/jest.js'), '--watchman=false', '--runInBand'];
    await run(process.execPath, parameters, { cwd: home, timeout: 60_000 }).catch(({ stderr }) => assert.fail(stderr));
  });
}

const WORKER = (entry, options) => `
  import * as mcp from ${JSON.stringify(entry)};
  import module from 'mcp-autoheal/mcp-autoheal_bg.wasm';
  import { shop } from './shop.js';
  export default {
    async fetch(request) {
      return Response.json(await shop(mcp, request.headers.get('shop'), ${options}));
    },
  };
`;

for (const [name, entry, options] of [
  ['the main entry', 'mcp-autoheal', '{}'],
  ['a compiled module', 'mcp-autoheal/inline', '{ wasmUrl: module }'],
]) {
  test(`a Cloudflare Worker works with ${name}`, async (t) => {
    const home = await project(tarball, `worker-${name.replace(/\W+/g, '-')}`, { 'main.js': WORKER(entry, options) });
    const dist = join(home, 'node_modules/mcp-autoheal/dist');
    // Like wrangler, with its conditions; imports of .wasm are left to the runtime.
    const setup = ({ onResolve }) => onResolve({ filter: /\.wasm$/ }, () => ({ path: './module.wasm', external: true }));
    const built = await esbuild({
      ...{ absWorkingDir: home, entryPoints: ['main.js'], write: false, bundle: true, format: 'esm' },
      ...{ conditions: ['workerd', 'worker', 'browser'], plugins: [{ name: 'modules', setup }], logLevel: 'error' },
    });
    const { Miniflare } = createRequire(import.meta.url)('miniflare');
    const modules = [
      { type: 'ESModule', path: 'main.js', contents: built.outputFiles[0].text },
      { type: 'CompiledWasm', path: 'module.wasm', contents: await readFile(join(dist, 'mcp-autoheal_bg.wasm')) },
    ];
    const worker = new Miniflare({ modules, compatibilityDate: '2026-01-01', host: '127.0.0.1' });
    t.after(() => worker.dispose());
    const server = await startServer(t);
    const response = await worker.dispatchFetch('http://worker/', { headers: { shop: server.origin } });
    const outcome = await response.json();
    assert.deepEqual(outcome, { sum: 5, code: -32050, message: 'the shop is closed', isMCPError: true });
  });
}
