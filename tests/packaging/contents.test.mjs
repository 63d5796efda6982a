// What is in the tarball, and what linters of packages and of their types say of it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { pack } from './project.mjs';

const run = promisify(execFile);

let packed;
before(async () => {
  packed = await pack('contents');
});

test('everything the package names is in it, and nothing of its making', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../npm/package.json', import.meta.url), 'utf8'));
  const targets = (value) => (typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets));
  const { exports, bin, types, unpkg, jsdelivr } = manifest;
  const named = targets([exports, bin, types, unpkg, jsdelivr]).map((path) => path.replace(/^\.\//, ''));
  assert.deepEqual(named.filter((path) => !packed.files.includes(path)), []);
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) {
    assert.ok(packed.files.includes(file), file);
  }
  assert.deepEqual(packed.files.filter((path) => /^(src|pkg|test|scripts)\//.test(path)), []);
});

test('publint', async () => {
  const tarball = await readFile(packed.tarball);
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('are the types wrong?', async () => {
  // ESM only: what CommonJS and Node 10 make of the package is not promised. The wasm file is an export without types,
  // there for the addresses bundlers make of it.
  const parameters = [packed.tarball, '--profile', 'esm-only', '--exclude-entrypoints', './mcp-autoheal_bg.wasm'];
  parameters.push('--no-emoji', '--no-color');
  const tool = fileURLToPath(new URL('node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url));
  await run(process.execPath, [tool, ...parameters]).catch(({ stdout }) => assert.fail(stdout));
});
