// Temporary projects with the packed package installed, and the small program that each of them runs.

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

/** Packs the package as `npm publish` does, into a folder for one test file. */
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

/** A project with the tarball installed. `files` are the contents of its own files by name. */
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

/** The program of all projects: a call that succeeds, and one that fails and is reported. */
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
    return { sum, code: failure.code, message: failure.message, isMCPError: failure instanceof MCPError };
  } catch (error) {
    return { code: error.code, message: error.message, isMCPError: error instanceof MCPError };
  }
}
`;

/** A module for a page that imports the package as `specifier` and logs the outcome of the calls. */
export function pageScript(specifier, options = '{}') {
  return `
    import * as mcp from ${JSON.stringify(specifier)};
    import { shop } from './shop.js';
    const server = new URLSearchParams(location.search).get('server');
    shop(mcp, server, ${options}).then((outcome) => console.log('outcome', JSON.stringify(outcome)));
  `;
}

/** The same as a program for the command line. */
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

/** Runs a program of a project. Resolves to the JSON that it prints. */
export async function outcomeOf(command, parameters, home) {
  const { stdout } = await run(command, parameters, { cwd: home, timeout: 60_000 });
  return JSON.parse(stdout);
}

/** Fails unless both calls had the expected outcome and the failure was reported. */
export async function assertWorks(outcome, server) {
  assert.deepEqual(outcome, { sum: 5, code: -32050, message: 'the shop is closed', isMCPError: true });
  const report = await server.reported();
  assert.equal(report.error_message, 'the shop is closed');
  assert.equal(report.context?.method ?? report.rpc?.method, 'buy');
}
