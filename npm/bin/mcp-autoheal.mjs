#!/usr/bin/env node
// The command `mcp-autoheal`: finds the command meant, and turns failures into a message and an exit code.

import { readFileSync } from 'node:fs';

import { generate } from '../generate/command.js';
import { Failure, misuse } from '../generate/failure.js';
import { HELP } from '../generate/help.js';
import { literal, oneLine, visible } from '../generate/text.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { stdout, stderr } = process;

// Whoever reads our output may stop reading, as `head` does: that is no failure.
stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Everything but a Failure is a bug of ours, and its stack helps to find it.
  stderr.write(`mcp-autoheal: ${error instanceof Failure ? error.message : visible(String(error?.stack))}\n`);
  if (error.details) stderr.write(`${error.details}\n`);
  if (error.exitCode === 2)
    stderr.write(`See mcp-autoheal ${process.argv[2] === 'generate' ? 'generate ' : ''}--help\n`);
  process.exitCode = error.exitCode ?? 1;
}

async function run([command, ...words]) {
  if (command === 'generate') return generate(words, { version, stdout, stderr });
  if (command === '--version') return void stdout.write(`${version}\n`);
  if (command === '--help' || command === '-h') return void stdout.write(HELP);
  if (command === undefined) throw misuse('say what to do: generate, --help or --version');
  throw misuse(`there is no command ${literal(oneLine(command, 60))}; there are: generate, --help, --version`);
}
