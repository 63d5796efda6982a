// Reference servers on the Python SDK: one logs a line about a failing tool, the other logs nothing.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { python } from '../harness/places.mjs';
import * as row from './rows.mjs';

export const time = {
  name: 'mcp-server-time',
  command: () => [python(), '-m', 'mcp_server_time'],
  server: { name: 'mcp-time', version: /./ },
  startsSlowly: true,
  steps: [
    {
      name: 'an unknown tool',
      send: row.call('nope'),
      wire: row.error(-32602, /^Unknown tool: nope$/),
      report: row.badTool('nope', /Unknown tool: nope/),
    },
    {
      name: 'bad arguments',
      send: row.call('get_current_time'),
      wire: row.isError(/1 validation error for get_current_timeArguments/),
      report: row.badTool('get_current_time', /Field required/),
    },
    {
      name: 'a tool that raises',
      send: row.call('get_current_time', { timezone: 'Foo/Bar' }),
      wire: row.isError(/^Error executing tool get_current_time: Invalid timezone/),
      report: row.toolFailure('get_current_time', /Invalid timezone/),
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
      wire: row.error(-32602, /^Unknown resource: demo:\/\/nope\/1$/),
      report: row.badResource('demo://nope/1', /Unknown resource/),
    },
    {
      name: 'an unknown prompt, with a code that the protocol does not define',
      send: row.prompt('nope'),
      wire: row.error(0, /^Unknown prompt: nope$/),
      report: row.badPrompt('nope', /Unknown prompt: nope/),
    },
    {
      name: 'an unknown method',
      send: row.request('no/such'),
      wire: row.error(-32601, /^Method not found$/),
      report: row.badMethod('no/such', /Method not found/),
    },
    {
      name: 'a probe for the other era',
      send: row.request('server/discover'),
      wire: row.error(-32601, /Method not found/),
    },
    { name: 'the list of tools', send: row.request('tools/list'), wire: row.success(/convert_time/) },
  ],
};

export const git = {
  name: 'mcp-server-git',
  command: () => [python(), '-m', 'mcp_server_git'],
  prepare: (folder) => execFileSync('git', ['init', '--quiet', join(folder, 'empty')]),
  server: { name: 'mcp-git', version: /./ },
  startsSlowly: true,
  steps: (folder) => [
    {
      name: 'a repository without commits',
      send: row.call('git_log', { repo_path: join(folder, 'empty') }),
      wire: row.isError(/^Error executing tool git_log: Reference at 'refs\/heads\/\w+' does not exist/),
      report: row.toolFailure('git_log', /does not exist/),
    },
    {
      name: 'a missing repository',
      send: row.call('git_status', { repo_path: join(folder, 'nowhere') }),
      wire: row.isError(/^Error executing tool git_status: \S+nowhere$/),
      report: row.toolFailure('git_status', /git_status: \S*nowhere$/),
    },
    {
      name: 'bad arguments',
      send: row.call('git_status'),
      wire: row.isError(/1 validation error for statusArguments/),
      report: row.badTool('git_status', /Field required/),
    },
    {
      name: 'a repository',
      send: row.call('git_status', { repo_path: join(folder, 'empty') }),
      wire: row.success(/No commits yet/),
    },
  ],
};
