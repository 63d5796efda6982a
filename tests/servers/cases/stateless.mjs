// Servers that also support modern MCP over stdio: each request has the client and the revision in its parameters.

import { MODERN, modernParams } from '../harness/line-client.mjs';
import { fixture, NODE, python, rmcpServer } from '../harness/places.mjs';
import * as row from './rows.mjs';

const modern = ({ method, params }) => ({ method, params: modernParams(params) });

const session = (name, command, server, notFound) => ({
  name: `${name}, without a handshake`,
  command,
  server,
  revision: MODERN,
  startsSlowly: true,
  skipsHandshake: true,
  steps: [
    { name: 'the probe', send: modern(row.request('server/discover')), wire: row.success(/supportedVersions/) },
    {
      name: 'a tool that fails',
      send: modern(row.call('divide', { a: 1, b: 0 })),
      wire: row.isError(/division by zero/),
      report: row.toolFailure('divide', /division by zero/),
    },
    {
      name: 'an unknown tool',
      send: modern(row.call('nope')),
      wire: notFound,
      report: row.badTool('nope', notFound.text),
    },
    { name: 'a successful call', send: modern(row.call('divide', { a: 4, b: 2 })), wire: row.success(/2/) },
  ],
});

export const stateless = [
  session(
    'TypeScript SDK 2',
    () => [NODE, fixture('typescript-server.mjs')],
    { name: 'faulty-typescript', version: '2.3.4' },
    row.error(-32602, /Tool nope not found/),
  ),
  session(
    'FastMCP',
    () => [python(), fixture('fastmcp_server.py')],
    { name: 'faulty-python', version: '1.2.3' },
    row.isError(/Unknown tool: 'nope'/),
  ),
  session(
    'rmcp',
    () => [rmcpServer(), '--plain'],
    { name: 'faulty-mcp-server', version: /./ },
    row.error(-32602, /tool not found/),
  ),
];
