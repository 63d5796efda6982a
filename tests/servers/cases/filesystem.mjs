// server-filesystem, on version 1 of the TypeScript SDK: refused paths and errors of the file system.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { installed, NODE } from '../harness/places.mjs';
import * as row from './rows.mjs';

export const filesystem = {
  name: 'server-filesystem',
  command: (folder) => [
    NODE,
    installed('@modelcontextprotocol/server-filesystem/dist/index.js'),
    join(folder, 'files'),
  ],
  prepare(folder) {
    mkdirSync(join(folder, 'files'));
    writeFileSync(join(folder, 'files/a.txt'), 'kettle\n');
  },
  server: { name: 'secure-filesystem-server', version: /./ },
  steps: (folder) => [
    {
      name: 'an unknown tool',
      send: row.call('nope'),
      wire: row.isError(/Tool nope not found/),
      report: row.badTool('nope', /Tool nope not found/),
    },
    {
      name: 'bad arguments',
      send: row.call('read_text_file', { path: 7 }),
      wire: row.isError(/Input validation error/),
      report: row.badTool('read_text_file', /expected string, received number/),
    },
    {
      name: 'a missing file',
      send: row.call('read_text_file', { path: join(folder, 'files/none.txt') }),
      wire: row.isError(/^ENOENT: no such file or directory, open/),
      report: row.toolFailure('read_text_file', /ENOENT/),
    },
    {
      name: 'a file outside of the allowed folder',
      send: row.call('read_text_file', { path: '/etc/hostname' }),
      wire: row.isError(/^Access denied/),
      report: row.toolFailure('read_text_file', /Access denied/),
    },
    {
      name: 'an edit without a match',
      send: row.call('edit_file', { path: join(folder, 'files/a.txt'), edits: [{ oldText: 'pot', newText: 'cup' }] }),
      wire: row.isError(/^Could not find exact match for edit/),
      report: row.toolFailure('edit_file', /Could not find exact match/),
    },
    {
      name: 'a resource of a server without resources',
      send: row.read('demo://x'),
      wire: row.error(-32601, /Method not found/),
      report: row.badResource('demo://x', /Method not found/),
    },
    {
      name: 'a file',
      send: row.call('read_text_file', { path: join(folder, 'files/a.txt') }),
      wire: row.success(/kettle/),
    },
    { name: 'the list of tools', send: row.request('tools/list'), wire: row.success(/read_text_file/) },
  ],
};
