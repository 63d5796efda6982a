// Installs the Python servers where cargo keeps what it builds; does nothing when they are those of requirements.txt.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { PYTHON, PYTHON_FOLDER } from './harness/places.mjs';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const STAMP = join(PYTHON_FOLDER, 'installed.txt');
const INTERPRETER = process.env.PYTHON ?? 'python3';

const wanted = readFileSync(REQUIREMENTS, 'utf8');
if (!existsSync(PYTHON) || !existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== wanted) install();

function install() {
  requirePython();
  rmSync(PYTHON_FOLDER, { recursive: true, force: true });
  mkdirSync(PYTHON_FOLDER, { recursive: true });
  run(
    [INTERPRETER, '-m', 'venv', PYTHON_FOLDER],
    'Python can make no virtual environment: install venv (Debian: apt-get install python3-venv)',
  );
  run(
    [PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS],
    'pip could not install what tests/servers/requirements.txt names: its complaint is above',
  );
  // Last, so that an installation that broke off is done again.
  writeFileSync(STAMP, wanted);
}

function requirePython() {
  const remedy =
    'The tests of real MCP servers need Python 3.11 or newer: install it ' +
    '(Debian: apt-get install python3 python3-venv), or name one in PYTHON';
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

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
