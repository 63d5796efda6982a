// Installs the Python servers of requirements.txt in the target folder of cargo, unless they are installed already.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PYTHON, PYTHON_FOLDER } from './harness/places.mjs';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const STAMP = join(PYTHON_FOLDER, 'installed.txt');
const INTERPRETER = process.env.PYTHON ?? 'python3';

const requirements = readFileSync(REQUIREMENTS, 'utf8');
if (!existsSync(PYTHON) || !existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== requirements) install();

function install() {
  requirePython();
  rmSync(PYTHON_FOLDER, { recursive: true, force: true });
  mkdirSync(PYTHON_FOLDER, { recursive: true });
  run(
    [INTERPRETER, '-m', 'venv', PYTHON_FOLDER],
    'Python cannot create a virtual environment: install venv (Debian: apt-get install python3-venv)',
  );
  run(
    [PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS],
    'pip could not install the packages of tests/servers/requirements.txt: see its error above',
  );
  // Written last, so that an interrupted installation is repeated.
  writeFileSync(STAMP, requirements);
}

function requirePython() {
  const remedy =
    'The tests of real MCP servers need Python 3.11 or newer: install it ' +
    '(Debian: apt-get install python3 python3-venv), or set PYTHON to another one';
  let version;
  try {
    version = execFileSync(INTERPRETER, ['-c', 'import sys; print(*sys.version_info[:2])'], { encoding: 'utf8' });
  } catch {
    fail(`${remedy} (${INTERPRETER} does not run)`);
  }
  const [major, minor] = version.trim().split(' ').map(Number);
  if (major !== 3 || minor < 11) fail(`${remedy} (${INTERPRETER} is ${major}.${minor})`);
}

function run([program, ...parameters], remedy) {
  try {
    execFileSync(program, parameters, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 600_000 });
  } catch {
    fail(remedy);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
