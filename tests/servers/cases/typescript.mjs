// Our server on version 2 of the TypeScript SDK, which writes nothing to stderr until it crashes.

import { fixture, NODE } from '../harness/places.mjs';
import * as row from './rows.mjs';

const FILE = 'typescript-server.mjs';
const command = () => [NODE, fixture(FILE)];
const server = { name: 'faulty-typescript', version: '2.3.4' };

export const typescript = {
  name: 'TypeScript SDK 2',
  command,
  server,
  steps: [
    {
      name: 'an unknown tool',
      send: row.call('nope'),
      wire: row.error(-32602, /^Tool nope not found$/),
      report: row.badTool('nope', /Tool nope not found/),
    },
    {
      name: 'bad arguments',
      send: row.call('divide', { a: 'x' }),
      wire: row.isError(/^Input validation error: Invalid arguments for tool divide/),
      report: row.badTool('divide', /expected number, received string/),
    },
    {
      name: 'a tool that throws',
      send: row.call('divide', { a: 1, b: 0 }),
      wire: row.isError(/^division by zero$/),
      report: row.toolFailure('divide', /division by zero/),
    },
    {
      name: 'a result that does not fit its schema',
      send: row.call('total'),
      wire: row.isError(/^Output validation error: Invalid structured content for tool total/),
      report: row.toolFailure('total', /Output validation error/),
    },
    {
      name: 'a call whose tool has no name',
      send: row.request('tools/call', { name: 5 }),
      wire: row.error(-32602, /^Invalid tools\/call request/),
      report: row.badTool(undefined, /Invalid tools\/call request/),
    },
    {
      name: 'an unknown resource',
      send: row.read('demo://nope/1'),
      wire: row.error(-32602, /^Resource not found/),
      report: row.badResource('demo://nope/1', /Resource not found/),
    },
    {
      name: 'a resource that throws',
      send: row.read('demo://broken'),
      wire: row.error(-32603, /^the shelf is empty$/),
      report: row.resourceFailure('demo://broken', /the shelf is empty/, { code: -32603 }),
    },
    {
      name: 'an unknown prompt',
      send: row.prompt('nope'),
      wire: row.error(-32602, /^Prompt nope not found$/),
      report: row.badPrompt('nope', /Prompt nope not found/),
    },
    {
      name: 'a prompt that throws',
      send: row.prompt('refuses', { subject: 'tea' }),
      wire: row.error(-32603, /^no words about tea$/),
      report: row.promptFailure('refuses', /no words about tea/, { code: -32603 }),
    },
    {
      name: 'a prompt without its argument',
      send: row.prompt('refuses', {}),
      wire: row.error(-32602, /^Invalid arguments for prompt refuses/),
      report: row.badPrompt('refuses', /Invalid arguments/),
    },
    {
      name: 'an unknown method',
      send: row.request('no/such'),
      wire: row.error(-32601, /^Method not found$/),
      report: row.badMethod('no/such', /Method not found/),
    },
    {
      name: 'a tool that prints to stdout',
      send: row.call('chatter', { text: 'the kettle sings' }),
      wire: row.success(/printed/),
      report: row.protocolError(/the kettle sings|JSON/i),
    },
    { name: 'a successful call', send: row.call('divide', { a: 1, b: 2 }), wire: row.success(/0\.5/) },
  ],
};

/** Calls without a response, each in its own process. */
export const typescriptEnds = [
  {
    name: 'TypeScript SDK 2, an uncaught error',
    command,
    server,
    steps: [
      {
        name: 'the call',
        send: row.call('later'),
        ends: { code: 1, signal: null },
        report: row.serverExit({ code: 1 }, 'later', {
          type: /^Error$/,
          stack: row.place(FILE, "throw new Error('the kettle boiled over')"),
          shows: /the kettle boiled over/,
        }),
      },
    ],
  },
  {
    name: 'TypeScript SDK 2, a tool that exits with code 0',
    command,
    server,
    steps: [
      {
        name: 'the call',
        send: row.call('leave', { code: 0 }),
        ends: { code: 0, signal: null },
        report: row.serverExit({ code: 0 }, 'leave'),
      },
    ],
  },
  {
    name: 'TypeScript SDK 2, a tool that never responds',
    command,
    server,
    options: ['--timeout', '1s'],
    steps: [{ name: 'the call', send: row.call('never'), hangs: true, report: row.noAnswer('never', /./) }],
  },
];
