// Bundlers without configuration: the module as a file beside the bundle (Vite, webpack) or inside it (Rollup,
// esbuild).

import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

import { outcomeOfGoodPage } from './browser.mjs';
import { assertWorks, html, pack, pageScript, project } from './project.mjs';
import { startServer } from './server.mjs';

let tarball;
before(async () => {
  ({ tarball } = await pack('bundlers'));
});

const PAGE = html('<script type="module" src="./main.js"></script>');
const ESBUILD = { entryPoints: ['main.js'], bundle: true, format: 'esm' };
const BUNDLED_PAGE = html('<script type="module" src="./bundle.js"></script>');

test('Vite serves the package in development', async (t) => {
  const root = await project(tarball, 'vite-dev', { 'index.html': PAGE, 'main.js': pageScript('mcp-autoheal') });
  const server = await startServer(t);
  const settings = { root, configFile: false, logLevel: 'warn', server: { host: '127.0.0.1' } };
  const development = await vite.createServer(settings);
  t.after(() => development.close());
  await development.listen(0);
  await assertWorks(await outcomeOfGoodPage(t, development.resolvedUrls.local[0], server), server);
});

test('Vite bundles the package', async (t) => {
  const root = await project(tarball, 'vite-build', { 'index.html': PAGE, 'main.js': pageScript('mcp-autoheal') });
  await vite.build({ root, configFile: false, logLevel: 'warn' });
  const server = await startServer(t, { files: join(root, 'dist') });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
});

test('webpack bundles the package', async (t) => {
  const home = await project(tarball, 'webpack', { 'main.js': pageScript('mcp-autoheal') });
  const files = join(home, 'dist');
  const stats = await new Promise((resolve, reject) => {
    const output = { path: files, filename: 'bundle.js' };
    const options = { mode: 'production', context: home, entry: './main.js', output };
    webpack(options, (error, stats) => (error ? reject(error) : resolve(stats)));
  });
  assert.equal(stats.hasErrors(), false, stats.toString());
  await checkPage(t, files);
});

test('esbuild bundles the inline entry', async (t) => {
  const home = await project(tarball, 'esbuild', { 'main.js': pageScript('mcp-autoheal/inline') });
  const files = join(home, 'dist');
  await esbuild({ ...ESBUILD, absWorkingDir: home, outfile: 'dist/bundle.js' });
  assert.deepEqual(await readdir(files), ['bundle.js']);
  await checkPage(t, files);
});

test('Rollup bundles the inline entry', async (t) => {
  // Without a plugin Rollup resolves only paths, not package names.
  const path = './node_modules/mcp-autoheal/dist/mcp-autoheal.inline.js';
  const home = await project(tarball, 'rollup', { 'main.js': pageScript(path) });
  const files = join(home, 'dist');
  const bundle = await rollup({ input: join(home, 'main.js') });
  await bundle.write({ dir: files, entryFileNames: 'bundle.js' });
  assert.deepEqual(await readdir(files), ['bundle.js']);
  await checkPage(t, files);
});

for (const entry of ['mcp-autoheal', 'mcp-autoheal/inline', 'mcp-autoheal/ipfs-accelerate']) {
  test(`a bundle that imports ${entry} without using it contains no code of it`, async () => {
    const source = `import * as mcp from '${entry}'; console.log(1);`;
    const home = await project(tarball, `unused-${entry.split('/').at(-1)}`, { 'main.js': source });
    const built = await esbuild({ ...ESBUILD, absWorkingDir: home, write: false });
    assert.doesNotMatch(built.outputFiles[0].text, /class|WebAssembly/);
  });
}

/** Serves a bundle with a page for it and checks the page. */
async function checkPage(t, files) {
  await writeFile(join(files, 'index.html'), BUNDLED_PAGE);
  const server = await startServer(t, { files });
  await assertWorks(await outcomeOfGoodPage(t, `${server.origin}/index.html`, server), server);
}
