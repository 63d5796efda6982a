// Runs what a report offers as reproduction, as a person would: by pasting it into a shell.

import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

import { start } from './program.mjs';

/** A call that hangs, hangs again for so long. */
const LONG_ENOUGH = 4_000;
const PATIENCE = 30_000;

/** Fails unless the shell shows the same failure again: the words, the end of the server, or the lack of an answer. */
export async function reproduces(report, { wanted, step, env, folder }) {
  const { reproduction } = report;
  assert.equal(typeof reproduction, 'string', `no reproduction\n${JSON.stringify(report, null, 1)}`);
  const shell = start(['sh', '-c', reproduction], { env, cwd: folder });
  shell.stdin.end();
  const shown = () => unescaped(`${shell.stdout()}\n${shell.stderr()}`);
  const shows = (words) =>
    shell.until(() => words.exec(shown()) ?? undefined, `${reproduction}\nto show ${words}`, PATIENCE);
  try {
    if (wanted.shows) await shows(wanted.shows);
    if (wanted.class === 'no_answer') await wait(LONG_ENOUGH);
    else if (wanted.class === 'server_exit')
      assert.equal((await shell.end(PATIENCE)).code, status(wanted.exit), reproduction);
    else if (!wanted.shows) await shows(anywhere(step.wire.text));
    const lacksAnswer = ['no_answer', 'server_exit'].includes(wanted.class);
    if (lacksAnswer) assert.ok(!isAnswered(shell.stdout()), `${reproduction}\n${shown()}`);
  } finally {
    shell.kill();
  }
}

/** Whether more than the handshake was answered. */
function isAnswered(stdout) {
  const answers = String(stdout)
    .split('\n')
    .filter((line) => /"(result|error)"\s*:/.test(line));
  return answers.some((line) => !/"protocolVersion"/.test(line));
}

/** How a shell tells of an end. */
const status = ({ code, signal }) => code ?? 128 + constants.signals[signal];

/** JSON text as it reads. */
function unescaped(text) {
  const character = (_, hex) => String.fromCharCode(parseInt(hex, 16));
  return text
    .replace(/\\n/g, '\n')
    .replace(/\\"/g, '"')
    .replace(/\\u([0-9a-f]{4})/gi, character);
}

/** The same expression, for a text among others. */
const anywhere = ({ source, flags }) => new RegExp(source.replace(/^\^|\$$/g, ''), flags);
