// The example server on rmcp. After a panic in a tool the call has no response, but the process runs on.

import { rmcpServer } from '../harness/places.mjs';
import * as row from './rows.mjs';

const command = () => [rmcpServer(), '--plain'];
const server = { name: 'faulty-mcp-server', version: /./ };

export const rmcp = {
  name: 'rmcp',
  command,
  server,
  steps: [
    {
      name: 'an unknown tool',
      send: row.call('nope'),
      wire: row.error(-32602, /^tool not found$/),
      report: row.badTool('nope', /tool not found/),
    },
    {
      name: 'bad arguments',
      send: row.call('divide', { a: 'x', b: 1 }),
      wire: row.isError(/failed to deserialize parameters: invalid type/),
      report: row.badTool('divide', /failed to deserialize parameters/),
    },
    {
      name: 'a tool that fails',
      send: row.call('divide', { a: 1, b: 0 }),
      wire: row.isError(/zero/),
      report: row.toolFailure('divide', /zero/),
    },
    {
      name: 'a tool that fails with a protocol error',
      send: row.call('lookup'),
      wire: row.error(-32603, /^backend down$/),
      report: row.toolFailure('lookup', /backend down/, { code: -32603 }),
    },
    {
      name: 'a call whose tool has no name, which rmcp treats as an unknown method',
      send: row.request('tools/call', { name: 5 }),
      wire: row.error(-32601, /^tools\/call$/),
      report: row.badTool(undefined, /tools\/call/),
    },
    {
      name: 'a resource that fails',
      send: row.read('demo://broken'),
      wire: row.error(-32603, /^disk on fire$/),
      report: row.resourceFailure('demo://broken', /disk on fire/, { code: -32603 }),
    },
    {
      name: 'an unknown resource, with the code of older revisions',
      send: row.read('demo://nope'),
      wire: row.error(-32002, /^Resource not found/),
      report: row.badResource('demo://nope', /Resource not found/),
    },
    {
      name: 'an unknown prompt',
      send: row.prompt('nope'),
      wire: row.error(-32602, /^prompt 'nope' not found$/),
      report: row.badPrompt('nope', /not found/),
    },
    {
      name: 'a prompt that fails',
      send: row.prompt('broken'),
      wire: row.error(-32603, /./),
      report: row.promptFailure('broken', /./, { code: -32603 }),
    },
    {
      name: 'an unknown method',
      send: row.request('no/such'),
      wire: row.error(-32601, /^no\/such$/),
      report: row.badMethod('no/such', /no\/such/),
    },
    { name: 'a successful call', send: row.call('echo', { text: 'tea' }), wire: row.success(/tea/) },
    { name: 'another successful call', send: row.call('divide', { a: 4, b: 2 }), wire: row.success(/2/) },
  ],
};

/** A panic, which only appears on stderr. */
export const rmcpEnds = [
  {
    name: 'rmcp, a tool that panics',
    command,
    server,
    options: ['--timeout', '1s'],
    steps: [
      {
        name: 'the call',
        send: row.call('crash'),
        hangs: true,
        report: row.noAnswer('crash', /./, { stack: /\.rs:\d+/ }),
      },
    ],
  },
];
