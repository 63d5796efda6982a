// The contents of the tarball, and the linters for packages and types.

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

test('the tarball has all files named in package.json, and no sources or tests', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../npm/package.json', import.meta.url), 'utf8'));
  const targets = (value) => (typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets));
  const { exports, main, bin, types, unpkg, jsdelivr } = manifest;
  const paths = targets([exports, main, bin, types, unpkg, jsdelivr]).map((path) => path.replace(/^\.\//, ''));
  assert.deepEqual(paths.filter((path) => !packed.files.includes(path)), []);
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) {
    assert.ok(packed.files.includes(file), file);
  }
  assert.deepEqual(packed.files.filter((path) => /^(src|pkg|test|scripts)\//.test(path)), []);
});

test('publint finds no problems', async () => {
  const tarball = await readFile(packed.tarball);
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('arethetypeswrong finds no problems', async () => {
  // CommonJS gets ES modules, which Node 22 can require. The wasm file is an export without types, for bundlers.
  const rules = ['--ignore-rules', 'cjs-resolves-to-esm'];
  const parameters = [packed.tarball, '--exclude-entrypoints', './mcp-autoheal_bg.wasm', ...rules];
  parameters.push('--no-emoji', '--no-color');
  const tool = fileURLToPath(new URL('node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url));
  await run(process.execPath, [tool, ...parameters]).catch(({ stdout }) => assert.fail(stdout));
});
