// Records the failures of small programs whose fix is known: runs each program, applies its fix, and runs it again. Writes
// one line of JSON for each bug: the output of the failure, and the function that the fix changes.
//
// usage: node record.mjs > failures.jsonl
//
// Each folder below `bugs/LANGUAGE/` has a program, `fix.patch`, and `bug.json` with the command and the changed function.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { changedLines, functionLines } from './fixes.mjs';

const BUGS = join(import.meta.dirname, 'bugs');
/** Directory of the installation, in a temporary directory whose name is removed from the output. */
const DIRECTORY = '/home/ann/work';
const SANITIZERS = ['-g', '-O0', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** How a program is built before it runs. */
const BUILDS = {
  rust: () => ['rustc', '-g', '--edition=2024', '-o', 'program', 'main.rs'],
  java: (files) => ['javac', '-g', ...files.filter((file) => file.endsWith('.java'))],
  'c++': (files) => ['g++', ...SANITIZERS, '-o', 'program', ...files.filter((file) => file.endsWith('.cpp'))],
};

const root = mkdtempSync(join(tmpdir(), 'localised-'));
try {
  for (const language of readdirSync(BUGS).sort()) {
    for (const name of readdirSync(join(BUGS, language)).sort()) {
      console.log(JSON.stringify({ language, name, ...record(language, name) }));
    }
  }
} finally {
  rmSync(root, { recursive: true });
}

/** The failure of one program, and the lines of the function that its fix changes. */
function record(language, name) {
  const source = join(BUGS, language, name);
  const { command, file, function: changed } = JSON.parse(readFileSync(join(source, 'bug.json'), 'utf8'));
  const directory = join(root + DIRECTORY, name);
  mkdirSync(directory, { recursive: true });
  cpSync(source, directory, { recursive: true });
  const lines = functionLines(readFileSync(join(source, file), 'utf8'), file, changed);
  for (const edit of changedLines(readFileSync(join(source, 'fix.patch'), 'utf8'))) {
    const isInside = edit.file === file && edit.line >= lines.from && edit.line <= lines.to;
    if (!isInside) throw new Error(`${name}: the fix changes ${edit.file}:${edit.line}, which is not in ${changed}`);
  }
  const failure = run(language, directory, command);
  if (failure.status === 0) throw new Error(`${language}/${name} does not fail`);
  execFileSync('patch', ['-p1', '-s', '-i', 'fix.patch'], { cwd: directory });
  const fixed = run(language, directory, command);
  if (fixed.status !== 0) throw new Error(`${language}/${name} is not fixed: ${fixed.stderr}`);
  const text = (value) => value.replaceAll(root, '').replaceAll(`${homedir()}/`, '/home/ann/');
  return {
    stdout: text(failure.stdout),
    stderr: text(failure.stderr),
    exit: failure.signal ? { signal: failure.signal } : { code: failure.status },
    command,
    fix: { file, function: changed, ...lines },
  };
}

/** Builds a program and runs it to its end. */
function run(language, directory, command) {
  const files = readdirSync(directory, { recursive: true });
  const build = BUILDS[language]?.(files);
  if (build) execFileSync(build[0], build.slice(1), { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  const { RUSTUP_HOME = `${homedir()}/.rustup`, PATH } = process.env;
  // a part of the people who run a Rust program ask for its backtrace
  const backtrace = directory.length % 2 === 0 ? { RUST_BACKTRACE: '1' } : {};
  const env = { HOME: directory, LANG: 'C.UTF-8', PATH, NO_COLOR: '1', RUSTUP_HOME, ...backtrace };
  const [program, ...words] = command.split(' ');
  return spawnSync(program, words, { cwd: directory, env, encoding: 'utf8', timeout: 60_000 });
}
