// Programs in Node (the version that runs the tests and a newer one), Bun and Deno.

import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertWorks, outcomeOf, pack, program, project } from './project.mjs';
import { startServer } from './server.mjs';

const tool = (path) => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
// Deno gets permission for the network, but not for files.
const RUNTIMES = {
  [`Node ${process.versions.node}`]: [process.execPath],
  'Node 22': [tool('node/bin/node')],
  Bun: [tool('.bin/bun'), 'run'],
  Deno: [tool('.bin/deno'), 'run', '--quiet', '--no-prompt', '--allow-net=127.0.0.1'],
};

/** The name of a project's folder. */
const folder = (name) => name.replace(/\W+/g, '-').toLowerCase();

let tarball;
before(async () => {
  ({ tarball } = await pack('runtimes'));
});

for (const [name, [command, ...parameters]] of Object.entries(RUNTIMES)) {
  for (const entry of ['mcp-autoheal', 'mcp-autoheal/inline']) {
    test(`${name} can use ${entry}`, async (t) => {
      const home = await project(tarball, folder(`${name}-${entry}`), { 'main.js': program(entry) });
      const server = await startServer(t);
      await assertWorks(await outcomeOf(command, [...parameters, 'main.js', server.origin], home), server);
    });
  }

  test(`${name}: the IPFS client extends the class of the main entry`, async () => {
    const source = `
      import { MCPClient } from 'mcp-autoheal';
      import { IPFSAccelerateClient } from 'mcp-autoheal/ipfs-accelerate';
      console.log(IPFSAccelerateClient.prototype instanceof MCPClient);
    `;
    const home = await project(tarball, folder(`${name}-ipfs`), { 'main.js': source });
    assert.equal(await outcomeOf(command, [...parameters, 'main.js'], home), true);
  });
}

test('Node loads the module from a wasmUrl that is a path or a URL', async (t) => {
  for (const [name, url] of [['path', "'module.wasm'"], ['url', "new URL('module.wasm', import.meta.url)"]]) {
    const home = await project(tarball, `node-${name}`, { 'main.js': program('mcp-autoheal', `{ wasmUrl: ${url} }`) });
    await rename(join(home, 'node_modules/mcp-autoheal/dist/mcp-autoheal_bg.wasm'), join(home, 'module.wasm'));
    const server = await startServer(t);
    await assertWorks(await outcomeOf(process.execPath, ['main.js', server.origin], home), server);
  }
});

test('Node: a missing file at wasmUrl rejects with the remedies', async (t) => {
  const source = program('mcp-autoheal', "{ wasmUrl: 'missing.wasm' }");
  const home = await project(tarball, 'node-missing', { 'main.js': source });
  const server = await startServer(t);
  const outcome = await outcomeOf(process.execPath, ['main.js', server.origin], home);
  assert.equal(outcome.code, 'MODULE_LOAD');
  assert.match(outcome.message, /ENOENT.*Serve mcp-autoheal_bg\.wasm at missing\.wasm.*set the option wasmUrl/s);
  assert.match(outcome.message, /or import mcp-autoheal\/inline/);
});
