// Programs that serve HTTP on a free port of the loopback interface.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { freePort } from '../../free-port.mjs';
import { environment } from './session.mjs';
import { autoheal, fixture, FOLDER, installed, NODE, NODE_22, python } from './places.mjs';
import { start } from './program.mjs';

const TIMEOUT = 30_000;

/** Starts a program with a port. Resolves to `{url, port, ...program}` once it listens. */
export async function serve(command, { env = {}, folder, path = '/mcp' }) {
  const port = await freePort();
  const program = start(command(port), { env: { ...environment(folder), ...env, PORT: String(port) }, cwd: folder });
  program.stdin.end();
  const end = performance.now() + TIMEOUT;
  // Polls, because the programs announce in different ways that they listen, and one does not at all.
  while (!(await listens(port))) {
    const { exitCode, signalCode } = program.child;
    if (exitCode !== null || signalCode !== null || performance.now() > end) {
      program.kill();
      throw new Error(`${command(port).join(' ')} does not listen\n${program.stdout()}\n${program.stderr()}`);
    }
    await wait(25);
  }
  return { ...program, port, url: `http://127.0.0.1:${port}${path}` };
}

async function listens(port) {
  const socket = connect(port, '127.0.0.1');
  const [event] = await Promise.race([
    once(socket, 'connect').then(() => ['connect']),
    once(socket, 'error').then(
      () => ['error'],
      () => ['error'],
    ),
  ]).catch(() => ['error']);
  socket.destroy();
  return event === 'connect';
}

const LOOPBACK = `${FOLDER}harness/loopback.mjs`;

/** The servers, each as a function from its port to its command. */
export const everythingHttp = () => [
  NODE,
  '--import',
  LOOPBACK,
  installed('@modelcontextprotocol/server-everything/dist/index.js'),
  'streamableHttp',
];
export const fixtureHttp = (port) => [NODE, fixture('conformance-server.mjs'), 'http', String(port)];
export const fastmcpHttp = (port) => [python(), fixture('fastmcp_server.py'), '--http', String(port)];

/** The HTTP proxy of autoheal, in front of a URL. */
export const proxied =
  (upstream, options = []) =>
  (port) => [autoheal(), 'mcp', '--http', '--listen', `127.0.0.1:${port}`, ...options, upstream];

/** A bridge that serves a stdio server over HTTP. */
export const bridged =
  (command, ...options) =>
  (port) => [
    NODE_22,
    installed('mcp-proxy/dist/bin/mcp-proxy.mjs'),
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--server',
    'stream',
    ...options,
    '--',
    ...command,
  ];
