// Exits of a server without an SDK, failed handshakes, and clients that disconnect.

import { initialize } from '../harness/line-client.mjs';
import * as row from './rows.mjs';
import { command, server } from './scripted.mjs';

const exitSession = (name, send, end, exit) => ({
  name: `a server without an SDK: ${name}`,
  command,
  server,
  steps: [{ name: 'the call', send, ends: end, report: row.serverExit(exit, send.params.name) }],
});

export const scriptedEnds = [
  exitSession('exits in the middle of a call', row.call('exit', { code: 0 }), { code: 0, signal: null }, { code: 0 }),
  exitSession(
    'is killed in the middle of a call',
    row.call('die', { signal: 'SIGKILL' }),
    { code: null, signal: 'SIGKILL' },
    { signal: 'SIGKILL' },
  ),
  {
    name: 'a server without an SDK: never responds to the handshake',
    command: () => [...command(), 'ignore-initialize'],
    options: ['--handshake', '1s'],
    skipsHandshake: true,
    steps: [
      {
        name: 'the handshake',
        send: row.request('initialize', initialize().params),
        hangs: true,
        report: { class: 'no_answer', source: 'mcp_protocol', method: 'initialize', message: /./ },
      },
    ],
  },
  {
    name: 'a server without an SDK: supports only an older revision',
    command: () => [...command(), 'old-revision'],
    server,
    steps: [{ name: 'a ping', send: row.request('ping'), wire: row.success() }],
  },
  {
    name: 'a server without an SDK: refuses the revision',
    command: () => [...command(), 'refuse-revision'],
    skipsHandshake: true,
    steps: [
      {
        name: 'the handshake',
        send: row.request('initialize', initialize().params),
        wire: row.error(-32602, /Unsupported protocol version/),
      },
    ],
  },
  {
    name: 'a server without an SDK: the client disconnects during a ping',
    command: () => [...command(), 'ignore-ping'],
    server,
    steps: [{ name: 'the ping', send: row.request('ping') }],
  },
  {
    name: 'a server without an SDK: the client disconnects during a call',
    command,
    server,
    steps: [{ name: 'the call', send: row.call('hold', {}) }],
  },
];
