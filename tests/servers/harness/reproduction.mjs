// Runs the reproduction of a report in a shell, as a person would.

import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

import { start } from './program.mjs';

/** Time after which a call without a response counts as hanging. */
const HANG_TIME = 4_000;
const TIMEOUT = 30_000;

/** Fails unless the shell shows the same failure: its text, the exit of the server, or no response. */
export async function assertReproduces(report, { expectation, step, env, folder }) {
  const { reproduction } = report;
  assert.equal(typeof reproduction, 'string', `no reproduction\n${JSON.stringify(report, null, 1)}`);
  const shell = start(['sh', '-c', reproduction], { env, cwd: folder });
  shell.stdin.end();
  const output = () => unescaped(`${shell.stdout()}\n${shell.stderr()}`);
  const waitForOutput = (pattern) =>
    shell.until(() => pattern.exec(output()) ?? undefined, `${reproduction}\nto print ${pattern}`, TIMEOUT);
  try {
    if (expectation.shows) await waitForOutput(expectation.shows);
    if (expectation.class === 'no_answer') await wait(HANG_TIME);
    else if (expectation.class === 'server_exit')
      assert.equal((await shell.end(TIMEOUT)).code, status(expectation.exit), reproduction);
    else if (!expectation.shows) await waitForOutput(withoutAnchors(step.wire.text));
    const lacksResponse = ['no_answer', 'server_exit'].includes(expectation.class);
    if (lacksResponse) assert.ok(!hasResponse(shell.stdout()), `${reproduction}\n${output()}`);
  } finally {
    shell.kill();
  }
}

/** True if there is a response besides the one to the handshake. */
function hasResponse(stdout) {
  const responses = String(stdout)
    .split('\n')
    .filter((line) => /"(result|error)"\s*:/.test(line));
  return responses.some((line) => !/"protocolVersion"/.test(line));
}

/** The exit code of a shell for the end of its command. */
const status = ({ code, signal }) => code ?? 128 + constants.signals[signal];

/** JSON text without its escapes. */
function unescaped(text) {
  const character = (_, hex) => String.fromCharCode(parseInt(hex, 16));
  return text
    .replace(/\\n/g, '\n')
    .replace(/\\"/g, '"')
    .replace(/\\u([0-9a-f]{4})/gi, character);
}

/** The same pattern without its anchors. */
const withoutAnchors = ({ source, flags }) => new RegExp(source.replace(/^\^|\$$/g, ''), flags);
