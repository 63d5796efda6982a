// Our server on FastMCP, which prints tracebacks to stderr in boxes of 80 columns.

import { fixture, python } from '../harness/places.mjs';
import * as row from './rows.mjs';

const FILE = 'fastmcp_server.py';
const command = () => [python(), fixture(FILE)];
const server = { name: 'faulty-python', version: '1.2.3' };
const at = (text) => row.place(FILE, text);

export const fastmcp = {
  name: 'FastMCP',
  command,
  server,
  startsSlowly: true,
  steps: [
    {
      name: 'an unknown tool',
      send: row.call('nope'),
      wire: row.isError(/^Unknown tool: 'nope'$/),
      report: row.badTool('nope', /Unknown tool/),
    },
    {
      name: 'bad arguments',
      send: row.call('divide', { a: 'x' }),
      wire: row.isError(/^2 validation errors for call\[divide\]/),
      report: row.badTool('divide', /2 validation errors/),
    },
    {
      name: 'a tool that raises',
      send: row.call('divide', { a: 1, b: 0 }),
      wire: row.isError(/^Error calling tool 'divide': division by zero$/),
      report: row.toolFailure('divide', /division by zero/, { type: /^ZeroDivisionError$/, stack: at('return a / b') }),
    },
    {
      name: 'a tool that raises because of another error',
      send: row.call('lookup', { key: 'coffee' }),
      wire: row.isError(/^Error calling tool 'lookup': the catalogue has no entry coffee$/),
      report: row.toolFailure('lookup', /no entry coffee/, { type: /^RuntimeError$/, stack: at('raise RuntimeError') }),
    },
    {
      // The SDK does not check results; a client may.
      name: 'a result that does not fit its schema',
      send: row.call('total'),
      wire: row.success(/many/),
    },
    {
      name: 'a call whose tool has no name',
      send: row.request('tools/call', { name: 5 }),
      wire: row.error(-32602, /^Invalid request parameters$/),
      report: row.badTool(undefined, /Invalid request parameters/),
    },
    {
      name: 'an unknown resource',
      send: row.read('demo://nope/1'),
      wire: row.error(-32602, /^Resource not found/),
      report: row.badResource('demo://nope/1', /Resource not found/),
    },
    {
      name: 'a resource that raises',
      send: row.read('demo://broken'),
      wire: row.error(-32603, /^Error reading resource 'demo:\/\/broken': the shelf is empty$/),
      report: row.resourceFailure('demo://broken', /the shelf is empty/, {
        code: -32603,
        type: /^ValueError$/,
        stack: at('raise ValueError'),
      }),
    },
    {
      name: 'an unknown prompt',
      send: row.prompt('nope'),
      wire: row.error(-32602, /^Unknown prompt: 'nope'$/),
      report: row.badPrompt('nope', /Unknown prompt/),
    },
    {
      name: 'a prompt that raises',
      send: row.prompt('refuses', { subject: 'tea' }),
      wire: row.error(-32603, /^Error rendering prompt 'refuses': no words about tea$/),
      report: row.promptFailure('refuses', /no words about tea/, {
        code: -32603,
        type: /^(LookupError|PromptError)$/,
        stack: at('raise LookupError'),
      }),
    },
    {
      name: 'a prompt without its argument, with the code of a failure',
      send: row.prompt('refuses', {}),
      wire: row.error(-32603, /Missing required arguments/),
      report: row.badPrompt('refuses', /Missing required arguments/),
    },
    {
      name: 'an unknown method',
      send: row.request('no/such'),
      wire: row.error(-32601, /^Method not found$/),
      report: row.badMethod('no/such', /Method not found/),
    },
    // The SDK redirects the output of tools, so that stdout has only messages.
    {
      name: 'a tool that prints',
      send: row.call('chatter', { text: 'Error: not really' }),
      wire: row.success(/printed/),
    },
    { name: 'a successful call', send: row.call('divide', { a: 1, b: 2 }), wire: row.success(/0\.5/) },
    { name: 'a resource', send: row.read('demo://fine'), wire: row.success(/all is well/) },
    { name: 'a prompt', send: row.prompt('greets', { name: 'Ada' }), wire: row.success(/Hello, Ada/) },
  ],
};

/** Calls without a response, each in its own process. */
export const fastmcpEnds = [
  {
    name: 'FastMCP, a tool that ends the process',
    command,
    server,
    steps: [
      {
        name: 'the call',
        send: row.call('leave', { code: 7 }),
        ends: { code: 7, signal: null },
        report: row.serverExit({ code: 7 }, 'leave'),
      },
    ],
  },
  {
    name: 'FastMCP, a tool that crashes the interpreter',
    command,
    server,
    steps: [
      {
        name: 'the call',
        send: row.call('segfault'),
        ends: { code: null, signal: 'SIGSEGV' },
        report: row.serverExit({ signal: 'SIGSEGV' }, 'segfault'),
      },
    ],
  },
  {
    // The process exits only when the client closes stdin. Until then the call has no response.
    name: 'FastMCP, a tool that raises SystemExit',
    command,
    server,
    options: ['--timeout', '1s'],
    steps: [{ name: 'the call', send: row.call('stop', { code: 3 }), hangs: true, report: row.noAnswer('stop', /./) }],
    ending: { code: 3, signal: null },
  },
  {
    // The SDK then responds to open calls with an error, but the client has disconnected.
    name: 'FastMCP, the client disconnects during a call',
    command,
    server,
    steps: [{ name: 'the call', send: row.call('slow', { ms: 300 }), until: /the slow call has begun/ }],
  },
];
