// Shared by the tests of the generator: runs the command as a user does, compiles and loads the generated module.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { transform } from 'esbuild';

export const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
export const RICH = [process.execPath, join(PACKAGE, 'test/generate/serve.mjs')];
export const HOSTILE = [process.execPath, join(PACKAGE, 'test/generate/hostile-server.mjs')];

/** The path of a program of a development dependency. Fails with the remedy if it is not installed. */
export function installed(path) {
  const program = join(PACKAGE, 'node_modules', path);
  assert.ok(existsSync(program), `${program} is missing: run \`npm ci\` in the folder npm`);
  return program;
}

/** Runs a program and waits for its end. */
export async function run(program, words, { cwd = PACKAGE, env = {} } = {}) {
  const child = spawn(program, words, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

/** Runs `mcp-autoheal`. */
export function autoheal(words, options) {
  return run(process.execPath, [join(PACKAGE, 'bin/mcp-autoheal.mjs'), ...words], options);
}

/** An empty project with this package installed. */
export async function project(t) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'generate-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'node_modules'));
  await symlink(PACKAGE, join(folder, 'node_modules/mcp-autoheal'), 'dir');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

/** Type-checks files with the strictest compiler options. `files` maps names to texts, which are written first. */
export async function typeCheck(folder, files) {
  for (const [name, contents] of Object.entries(files)) {
    if (contents !== undefined) await writeFile(join(folder, name), contents);
  }
  const compilerOptions = {
    ...{
      strict: true,
      noEmit: true,
      noUnusedLocals: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
    },
    ...{ noImplicitOverride: true, isolatedModules: true, verbatimModuleSyntax: true, erasableSyntaxOnly: true },
    ...{ target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'], types: [] },
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  const { code, stdout } = await run(installed('.bin/tsc'), ['--project', '.'], { cwd: folder });
  assert.equal(stdout, '');
  assert.equal(code, 0);
}

/** Strips the types of a generated TypeScript module and imports it. */
export async function load(folder, name) {
  const { code } = await transform(await readFile(join(folder, name), 'utf8'), { loader: 'ts' });
  const path = join(folder, name.replace(/\.ts$/, '.stripped.mjs'));
  await writeFile(path, code);
  return import(pathToFileURL(path).href);
}

async function text(stream) {
  return Buffer.concat(await stream.toArray()).toString();
}
