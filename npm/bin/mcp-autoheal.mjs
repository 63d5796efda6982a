#!/usr/bin/env node
// The program `mcp-autoheal`: runs a command and turns its failure into a message and an exit code.

import { readFileSync } from 'node:fs';

import { generate } from '../generate/command.js';
import { Failure, misuse } from '../generate/failure.js';
import { HELP } from '../generate/help.js';
import { literal, oneLine, visible } from '../generate/text.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { stdout, stderr } = process;

// A reader such as `head` may close our stdout early. That is not a failure.
stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Anything but a Failure is a bug in this package. Its stack helps to find the cause.
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
  if (command === undefined) throw misuse('a command is missing: generate, --help or --version');
  throw misuse(`there is no command ${literal(oneLine(command, 60))}; use generate, --help or --version`);
}
