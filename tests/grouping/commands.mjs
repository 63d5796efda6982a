// Runs the bugs of command-line programs and tools, in several directories and with other values.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { numbers } from './numbers.mjs';
import { TOOLS } from './tools.mjs';

const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));
const BIN = fileURLToPath(new URL('../packaging/node_modules/.bin', import.meta.url));
const PATH = [process.env.PATH, BIN].join(delimiter);

/** Directories of the installations. They are made in a temporary directory, whose name is removed from the output. */
const DIRECTORIES = ['/home/ann/shop', '/srv/www/releases/20261104093011/shop', '/builds/acme/shop', '/app'];

/** How a program in one file is run: an interpreter, and the file. */
const scripts = (file, ...command) => ({
  needs: command[0],
  bugs: () => names(file),
  prepare: (directory, round) => edited(file, directory, round),
  command: (bug, number) => [...command, file, bug, number],
});

/** How each set is run. `bugs()` are the names, `prepare(directory, round)` fills a directory. */
export const SETS = {
  python: scripts('shop.py', 'python3'),
  node: scripts('shop.mjs', 'node'),
  // Bun takes minutes to print the stack of a recursion
  bun: { ...scripts('shop.mjs', 'bun'), rounds: 2, label: 'node', without: ['recursion'] },
  deno: { ...scripts('shop.mjs', 'deno', 'run', '-A'), rounds: 2, label: 'node' },
  java: scripts('Shop.java', 'java'),
  perl: scripts('shop.pl', 'perl'),
  bash: scripts('shop.sh', 'bash'),
  rust: {
    needs: 'cargo',
    bugs: () => names('shop.rs'),
    prepare: buildRust,
    command: (bug, number) => ['./shop', bug, number],
    environment: (round) => ({ RUST_BACKTRACE: ['0', '1', 'full', '1'][round] }),
  },
  'c++': {
    needs: 'g++',
    bugs: () => names('shop.cpp'),
    prepare: async (directory, round) => {
      await edited('shop.cpp', directory, round);
      execFileSync('g++', ['-O0', '-o', 'shop', 'shop.cpp'], { cwd: directory, stdio: 'ignore' });
    },
    command: (bug, number) => ['./shop', bug, number],
  },
  tools: {
    bugs: () => Object.keys(TOOLS).filter((name) => isInstalled(TOOLS[name].needs ?? TOOLS[name].command[0])),
    prepare: async () => {},
    prepareBug: async (directory, bug) => {
      for (const [path, text] of Object.entries(TOOLS[bug].files ?? {})) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      }
    },
    command: (bug, number) => TOOLS[bug].command.map((word) => word.replaceAll('NUMBER', number)),
  },
};

/** Yields `{label, note, stdout, stderr, exit, command}` for each bug and directory of a set. */
export async function* commandRuns(set) {
  const { needs, bugs, prepare, prepareBug, command, environment, without = [] } = SETS[set];
  const { rounds = DIRECTORIES.length, label = set } = SETS[set];
  if (needs && !isInstalled(needs)) throw new Error(`${needs} is not installed`);
  const root = await mkdtemp(join(tmpdir(), 'grouping-'));
  try {
    for (let round = 0; round < rounds; round += 1) {
      const directory = root + DIRECTORIES[round];
      await mkdir(directory, { recursive: true });
      await prepare(directory, round);
      for (const bug of (await bugs()).filter((name) => !without.includes(name))) {
        let place = directory;
        if (prepareBug) {
          place = join(directory, bug.replace('/', '-'));
          await mkdir(place);
          await prepareBug(place, bug);
        }
        const words = command(bug, String(numbers.next().value));
        const ending = await run(words, place, environment?.(round));
        if (ending.exit.code === 0) throw new Error(`${bug} did not fail`);
        const text = (value) =>
          value.replaceAll(root, '').replaceAll(BIN, '/usr/bin').replaceAll(`${homedir()}/`, '/home/ann/');
        yield {
          label: `${label}/${bug}`,
          note: `in ${DIRECTORIES[round]}`,
          stdout: text(ending.stdout),
          stderr: text(ending.stderr),
          exit: ending.exit,
          command: text(words.join(' ')),
        };
      }
    }
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Runs a command to its end. */
async function run([program, ...words], directory, environment) {
  const { RUSTUP_HOME = `${homedir()}/.rustup`, CARGO_HOME = `${homedir()}/.cargo` } = process.env;
  const env = { HOME: directory, LANG: 'C.UTF-8', PATH, NO_COLOR: '1', RUSTUP_HOME, CARGO_HOME, ...environment };
  const child = spawn(program, words, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (chunk) => (text[name] += chunk));
  const [code, signal] = await once(child, 'close');
  return { ...text, exit: signal ? { signal } : { code } };
}

/** Copies a program. In every second round an edit moves its lines. */
async function edited(file, directory, round) {
  await cp(join(PROGRAMS, file), join(directory, file));
  if (round % 2 === 0) return;
  const text = await readFile(join(directory, file), 'utf8');
  const comment = /\.(py|pl|sh)$/.test(file) ? '#' : '//';
  const lines = `${comment} one\n${comment} two\n`;
  // inner documentation of Rust must stay first
  const changed = file.endsWith('.rs') ? text.replace('use std::', `${lines}use std::`) : lines + text;
  await writeFile(join(directory, file), changed);
}

async function buildRust(directory, round) {
  await mkdir(join(directory, 'src'));
  await edited('shop.rs', join(directory, 'src'), round);
  const binary = '[[bin]]\nname = "shop"\npath = "src/shop.rs"\n';
  const manifest = `[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2024"\n\n${binary}`;
  await writeFile(join(directory, 'Cargo.toml'), `${manifest}\n[dependencies]\nanyhow = "1"\n\n[workspace]\n`);
  execFileSync('cargo', ['build', '--quiet', '--offline'], { cwd: directory, stdio: 'inherit' });
  await cp(join(directory, 'target/debug/shop'), join(directory, 'shop'));
}

/** The bugs of a program, which are the keys of its table or the names that it compares. */
async function names(file) {
  const text = await readFile(join(PROGRAMS, file), 'utf8');
  const form = {
    'shop.py': /^ {4}"(\w+)": |BUGS\["(\w+)"\]/gm,
    'shop.mjs': /^ {2}(\w+)(?:: |,$)/gm,
    'shop.rs': /^ {8}"(\w+)" =>/gm,
    'shop.cpp': /bug == "(\w+)"/g,
    'Shop.java': /case "(\w+)" ->/g,
    'shop.pl': /(\w+) => (?:sub|\\&)/g,
    'shop.sh': /^ {2}(\w+)\)/gm,
  }[file];
  const found = [...text.slice(file === 'shop.mjs' ? text.indexOf('const bugs') : 0).matchAll(form)];
  return found.map((match) => match[1] ?? match[2]);
}

function isInstalled(program) {
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
