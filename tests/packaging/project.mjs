// Throw-away projects that have the packed package installed, and the small program each of them runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'target/packaging');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Packs the package as `npm publish` would, once for each file of tests. */
export async function pack(name) {
  const to = join(folder, name);
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const parameters = ['pack', '--json', '--silent', '--pack-destination', to];
  const { stdout } = await run(npm, parameters, { cwd: join(root, 'npm') });
  const [{ files }] = Object.values(JSON.parse(stdout));
  const [tarball] = await readdir(to);
  return { tarball: join(to, tarball), files: files.map(({ path }) => path).sort() };
}

/** A project with the tarball installed; `files` are its own, by name. */
export async function project(tarball, name, files = {}) {
  const home = join(dirname(tarball), name);
  await mkdir(home);
  const write = (file, text) => writeFile(join(home, file), text);
  await write('package.json', JSON.stringify({ name, private: true, type: 'module' }));
  await run(npm, ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', tarball], { cwd: home });
  await write('shop.js', SHOP);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return home;
}

/** What every project does: a call that succeeds, and one that fails and is reported. */
const SHOP = `
export async function shop({ MCPClient, MCPError }, origin, options) {
  const client = new MCPClient(origin + '/jsonrpc', {
    reportErrors: true,
    errorReportEndpoint: origin + '/report-error',
    ...options,
  });
  try {
    const sum = await client.request('add', { a: 2, b: 3 });
    const failure = await client.request('buy', {}).catch((error) => error);
    return { sum, code: failure.code, message: failure.message, own: failure instanceof MCPError };
  } catch (error) {
    return { code: error.code, message: error.message, own: error instanceof MCPError };
  }
}
`;

/** A module for a page, which imports the package as `specifier` and logs what became of the calls. */
export function pageScript(specifier, options = '{}') {
  return `
    import * as mcp from ${JSON.stringify(specifier)};
    import { shop } from './shop.js';
    const server = new URLSearchParams(location.search).get('server');
    shop(mcp, server, ${options}).then((outcome) => console.log('outcome', JSON.stringify(outcome)));
  `;
}

/** A program for the command line, which does the same. */
export function program(specifier, options = '{}') {
  return `
    import * as mcp from ${JSON.stringify(specifier)};
    import { shop } from './shop.js';
    console.log(JSON.stringify(await shop(mcp, process.argv[2], ${options})));
  `;
}

/** A page with one script. */
export function html(source) {
  return `<!doctype html><html lang="en"><title>shop</title><link rel="icon" href="data:">${source}`;
}

/** Runs a program of a project, and returns what it printed. */
export async function outcomeOf(command, parameters, home) {
  const { stdout } = await run(command, parameters, { cwd: home, timeout: 60_000 });
  return JSON.parse(stdout);
}

/** Checks that both calls went as they should, and that the failure was reported. */
export async function assertWorks(outcome, server) {
  assert.deepEqual(outcome, { sum: 5, code: -32050, message: 'the shop is shut', own: true });
  const report = await server.reported();
  assert.equal(report.error_message, 'the shop is shut');
  assert.equal(report.context?.method ?? report.rpc?.method, 'buy');
}
