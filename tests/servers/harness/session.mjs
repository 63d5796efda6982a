// Runs one session of a table, with a server directly or through the wrapper.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { connect } from './line-client.mjs';
import { autoheal } from './places.mjs';

/** The environment of the programs: no settings of the user, UTC, and the URL of the sink if there is one. */
export function environment(folder, sink) {
  const names = Object.keys(process.env).filter((name) => /^(AUTOHEAL_|IPFS_|FASTMCP_|NODE_TEST_CONTEXT)/.test(name));
  const cleared = Object.fromEntries(names.map((name) => [name, undefined]));
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const reporting = sink ? { AUTOHEAL_URL: sink.url } : {};
  return { ...cleared, TZ: 'UTC', XDG_DATA_HOME: data, ...reporting };
}

/** The command that starts the server through the wrapper. */
export const wrapped = (command, options = []) => [autoheal(), 'mcp', ...options, '--', ...command];

/** The files of reports that could not be delivered. */
export function spooledReports(folder) {
  const spool = join(folder, 'data/autoheal/spool');
  try {
    return readdirSync(spool, { recursive: true }).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** The request id of a step: its own, or its number in the table. */
export const idOf = ({ send }, index) => send.id ?? index + 1;

/**
 * Runs the session. `waitForReport(step)` is awaited after a call that hangs, because only its report shows that it has
 * hung for long enough. Without the function the client does not wait.
 */
export async function runSession(
  command,
  { steps, skipsHandshake = false },
  { folder, env, waitForReport = () => undefined },
) {
  const client = connect(command, { env, cwd: folder });
  try {
    const serverInfo = skipsHandshake ? undefined : await client.handshake();
    const responses = [];
    let end;
    for (const [index, step] of steps.entries()) {
      const id = idOf(step, index);
      for (const line of step.before ?? []) client.write(line);
      client.send({ jsonrpc: '2.0', id, ...step.send });
      for (const next of step.then ?? []) client.send(next(id));
      if (step.wire) responses[index] = await client.responseTo(id);
      if (step.until) await client.until(() => step.until.exec(client.stderr()) ?? undefined, String(step.until));
      if (step.hangs) await waitForReport(step);
      if (step.ends) end = await client.end();
    }
    client.stdin.end();
    end ??= await client.end();
    return { serverInfo, responses, end, stdout: client.stdout(), stderr: client.stderr() };
  } finally {
    client.kill();
  }
}
