// Programs that serve HTTP on the loopback: started on a port nobody has, and known to listen before they are used.

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { freePort } from '../../free-port.mjs';
import { environment } from './conversation.mjs';
import { autoheal, fixture, HERE, installed, NODE, NODE_22, python } from './places.mjs';
import { start } from './program.mjs';

const PATIENCE = 30_000;

/** Starts a program that is told its port, and resolves when something listens there: `{url, port, ...program}`. */
export async function serve(command, { env = {}, folder, path = '/mcp' }) {
  const port = await freePort();
  const program = start(command(port), { env: { ...environment(folder), ...env, PORT: String(port) }, cwd: folder });
  program.stdin.end();
  const late = performance.now() + PATIENCE;
  // There is nothing to wait at: each program says in words of its own that it listens, and one says nothing.
  while (!(await listens(port))) {
    const { exitCode, signalCode } = program.child;
    if (exitCode !== null || signalCode !== null || performance.now() > late) {
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

const LOOPBACK = `${HERE}harness/loopback.mjs`;

/** The servers themselves, each as `port => command`. */
export const everythingHttp = () => [
  NODE,
  '--import',
  LOOPBACK,
  installed('@modelcontextprotocol/server-everything/dist/index.js'),
  'streamableHttp',
];
export const fixtureHttp = (port) => [NODE, fixture('conformance-server.mjs'), 'http', String(port)];
export const fastmcpHttp = (port) => [python(), fixture('fastmcp_server.py'), '--http', String(port)];

/** The proxy under test, in front of a URL. */
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
