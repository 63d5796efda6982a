// Ends of a server without an SDK, handshakes that fail, and clients that leave.

import { initialize } from '../harness/line-client.mjs';
import * as row from './rows.mjs';
import { command, server } from './scripted.mjs';

const ends = (name, send, end, exit) => ({
  name: `a server without an SDK: ${name}`,
  command,
  server,
  steps: [{ name: 'the call', send, ends: end, report: row.serverExit(exit, send.params.name) }],
});

export const scriptedEnds = [
  ends('ends in the middle of a call', row.call('exit', { code: 0 }), { code: 0, signal: null }, { code: 0 }),
  ends(
    'is killed in the middle of a call',
    row.call('die', { signal: 'SIGKILL' }),
    { code: null, signal: 'SIGKILL' },
    { signal: 'SIGKILL' },
  ),
  {
    name: 'a server without an SDK: never completes the handshake',
    command: () => [...command(), 'mute'],
    options: ['--handshake', '2s'],
    silentAtFirst: true,
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
    name: 'a server without an SDK: knows only an older revision',
    command: () => [...command(), 'older'],
    server,
    steps: [{ name: 'a ping', send: row.request('ping'), wire: row.success() }],
  },
  {
    name: 'a server without an SDK: refuses the revision',
    command: () => [...command(), 'refusing'],
    silentAtFirst: true,
    steps: [
      {
        name: 'the handshake',
        send: row.request('initialize', initialize().params),
        wire: row.error(-32602, /Unsupported protocol version/),
      },
    ],
  },
  {
    name: 'a server without an SDK: the client leaves with a ping under way',
    command: () => [...command(), 'deaf'],
    server,
    steps: [{ name: 'the ping', send: row.request('ping') }],
  },
  {
    name: 'a server without an SDK: the client leaves in the middle of a call',
    command,
    server,
    steps: [{ name: 'the call', send: row.call('hold', {}) }],
  },
];
