// Paths of the programs: the binary under test, the servers, and their interpreters.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder tests/servers. */
export const FOLDER = fileURLToPath(new URL('..', import.meta.url));

const TARGET = process.env.CARGO_TARGET_DIR ?? join(FOLDER, '../../target');

/** The virtual environment that `setup.mjs` creates. */
export const PYTHON_FOLDER = join(TARGET, 'python');
export const PYTHON = join(PYTHON_FOLDER, 'bin/python');

/** Some packages need a newer Node than the one that runs the tests. */
export const NODE_22 = join(FOLDER, 'node_modules/node/bin/node');
export const NODE = process.execPath;

/** A file of an installed npm package. */
export const installed = (path) => existing(join(FOLDER, 'node_modules', path), 'npm ci, in tests/servers');

/** One of our own servers. */
export const fixture = (name) => join(FOLDER, 'fixtures', name);

/** The interpreter of the Python servers. */
export const python = () => existing(PYTHON, 'node setup.mjs, in tests/servers');

/** The binary under test. */
export const autoheal = () => fromEnvironment('AUTOHEAL', 'cargo build --bin autoheal');

/** The server written with rmcp. */
export const rmcpServer = () => fromEnvironment('RMCP_SERVER', 'cargo build --bin faulty-mcp-server');

function fromEnvironment(name, remedy) {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: run \`cargo xtask test\`, or \`${remedy}\` and set ${name} to its path`);
  return existing(value, remedy);
}

function existing(path, remedy) {
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`${remedy}\``);
  return path;
}
