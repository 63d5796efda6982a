// server-everything, on version 1 of the TypeScript SDK, which returns errors as results.

import { installed, NODE } from '../harness/places.mjs';
import * as row from './rows.mjs';

export const EVERYTHING = '@modelcontextprotocol/server-everything/dist/index.js';

export const everything = {
  name: 'server-everything',
  command: () => [NODE, installed(EVERYTHING), 'stdio'],
  server: { name: 'mcp-servers/everything', version: /./ },
  // Its notification that the list of tools has changed may arrive at any time.
  unordered: true,
  steps: [
    {
      name: 'an unknown tool',
      send: row.call('nope'),
      wire: row.isError(/-32602: Tool nope not found/),
      report: row.badTool('nope', /Tool nope not found/),
    },
    {
      name: 'bad arguments',
      send: row.call('get-sum', { a: 'x' }),
      wire: row.isError(/Input validation error: Invalid arguments for tool get-sum/),
      report: row.badTool('get-sum', /expected number, received string/),
    },
    {
      name: 'a tool that throws',
      send: row.call('gzip-file-as-resource', { name: 'x', data: 'http://127.0.0.1:9/x' }),
      wire: row.isError(/^fetch failed$/),
      report: row.toolFailure('gzip-file-as-resource', /fetch failed/),
    },
    {
      name: 'a tool that rejects its arguments',
      send: row.call('get-resource-reference', { resourceType: 'Text', resourceId: -1 }),
      wire: row.isError(/Invalid resourceId: -1/),
      report: row.toolFailure('get-resource-reference', /Invalid resourceId/),
    },
    {
      name: 'a call whose tool has no name',
      send: row.request('tools/call', { name: 5 }),
      wire: row.error(-32603, /expected string, received number/),
      report: row.badTool(undefined, /expected string, received number/),
    },
    {
      name: 'an unknown resource',
      send: row.read('demo://nope/1'),
      wire: row.error(-32602, /Resource demo:\/\/nope\/1 not found/),
      report: row.badResource('demo://nope/1', /not found/),
    },
    {
      name: 'a resource that throws',
      send: row.read('demo://resource/dynamic/text/x'),
      wire: row.error(-32603, /Unknown resource/),
      // The handler of the server returns the code of an internal error, so both classes are possible.
      report: {
        ...row.resourceFailure('demo://resource/dynamic/text/x', /Unknown resource/),
        class: ['resource_failure', 'caller_error'],
      },
    },
    {
      name: 'an unknown prompt',
      send: row.prompt('nope'),
      wire: row.error(-32602, /Prompt nope not found/),
      report: row.badPrompt('nope', /Prompt nope not found/),
    },
    {
      name: 'a prompt without its argument',
      send: row.prompt('args-prompt', {}),
      wire: row.error(-32602, /Invalid arguments for prompt args-prompt/),
      report: row.badPrompt('args-prompt', /Invalid arguments/),
    },
    {
      name: 'an unknown method',
      send: row.request('no/such'),
      wire: row.error(-32601, /Method not found/),
      report: row.badMethod('no/such', /Method not found/),
    },
    {
      name: 'a result whose text mentions an error',
      send: row.call('get-annotated-message', { messageType: 'error' }),
      wire: row.success(/Error: Operation failed/),
    },
    {
      name: 'a probe for the other era',
      send: row.request('server/discover'),
      wire: row.error(-32601, /Method not found/),
    },
    { name: 'a successful call', send: row.call('get-sum', { a: 2, b: 3 }), wire: row.success(/sum of 2 and 3 is 5/) },
    {
      name: 'a slow call',
      send: row.call('trigger-long-running-operation', { duration: 0.1, steps: 2 }),
      wire: row.success(/completed/),
      slow: true,
    },
    { name: 'a ping', send: row.request('ping'), wire: row.success() },
  ],
};
