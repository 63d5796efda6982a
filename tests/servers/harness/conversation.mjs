// Leads one conversation of a table, straight with a server or through the wrapper, and keeps what both sides saw.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { connect } from './line-client.mjs';
import { autoheal } from './places.mjs';

/**
 * The environment of every program here: nothing of the user's settings, the same clock's zone, and, when reports go
 * to a sink, its address.
 */
export function environment(folder, sink) {
  const own = Object.keys(process.env).filter((name) => /^(AUTOHEAL_|IPFS_|FASTMCP_|NODE_TEST_CONTEXT)/.test(name));
  const cleared = Object.fromEntries(own.map((name) => [name, undefined]));
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const reporting = sink ? { AUTOHEAL_URL: sink.url } : {};
  return { ...cleared, TZ: 'UTC', XDG_DATA_HOME: data, ...reporting };
}

/** The command that starts the same server through the wrapper. */
export const wrapped = (command, options = []) => [autoheal(), 'mcp', ...options, '--', ...command];

/** Reports that wait on disk because they could not be delivered. */
export function spooled(folder) {
  const spool = join(folder, 'data/autoheal/spool');
  try {
    return readdirSync(spool, { recursive: true }).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** The id of a step's request: its own, or its place in the table. */
export const idOf = ({ send }, index) => send.id ?? index + 1;

/**
 * Leads the conversation. `waitsFor(step)` is asked where the wire says nothing and only a report tells that a call
 * has hung for long enough; without it, the client does not wait.
 */
export async function converse(command, { steps, silentAtFirst = false }, { folder, env, waitsFor = () => undefined }) {
  const client = connect(command, { env, cwd: folder });
  try {
    const shaken = silentAtFirst ? undefined : await client.handshake();
    const answers = [];
    let end;
    for (const [index, step] of steps.entries()) {
      const id = idOf(step, index);
      for (const line of step.before ?? []) client.write(line);
      client.send({ jsonrpc: '2.0', id, ...step.send });
      for (const next of step.then ?? []) client.send(next(id));
      if (step.wire) answers[index] = await client.answer(id);
      if (step.until) await client.until(() => step.until.exec(client.stderr()) ?? undefined, String(step.until));
      if (step.hangs) await waitsFor(step);
      if (step.ends) end = await client.end();
    }
    client.stdin.end();
    end ??= await client.end();
    return { shaken, answers, end, stdout: client.stdout(), stderr: client.stderr() };
  } finally {
    client.kill();
  }
}
