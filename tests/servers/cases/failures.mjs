// Failures that need no SDK: unusual words, secrets, sizes, and calls that overlap.

import * as row from './rows.mjs';
import { command, DONE, reply, scripted, server, writes } from './scripted.mjs';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const PASSWORD = 'correct-horse-battery';

export const failuresOnTheWire = {
  name: 'a server without an SDK: what is a failure',
  command,
  server,
  secrets: [TOKEN, PASSWORD],
  steps: [
    {
      name: 'a failure that tells secrets',
      send: row.call('write', {
        password: PASSWORD,
        texts: [reply(`"error":{"code":-32603,"message":"refused: Authorization: Bearer ${TOKEN}"}`)],
      }),
      wire: row.error(-32603, /refused/),
      report: row.toolFailure('write', /refused/, { code: -32603, reproducible: false }),
    },
    {
      name: 'a large answer that is a failure',
      send: row.call('grow', { bytes: 3_000_000, isError: true }),
      wire: row.isError(/too much/),
      report: row.toolFailure('grow', /./, { reproducible: false }),
    },
    {
      name: 'two calls under way, answered the other way round',
      send: row.call('hold', {}),
      then: [
        (id) => ({
          ...row.call('write', {
            texts: [reply('"error":{"code":-32603,"message":"the second one failed"}'), reply(DONE).replace('$id', id)],
          }),
          jsonrpc: '2.0',
          id: `${id}`,
        }),
      ],
      wire: row.success(/done/),
      report: row.toolFailure('write', /the second one failed/, { code: -32603, reproducible: false }),
    },
    {
      name: 'members in an unusual order, and spaces',
      send: writes(
        '  { "result" : { "isError" : true , "content" : [ { "type":"text", "text":"odd order" } ] } , "id" : $id , "jsonrpc" : "2.0" }\n',
      ),
      wire: row.isError(/odd order/),
      report: row.toolFailure('write', /odd order/),
    },
    {
      name: 'a member whose name is written with an escape',
      send: writes(
        '  { "result" : { "\\u0069sError" : true , "content" : [ { "type":"text", "text":"odd failure" } ] } , "id" : $id , "jsonrpc" : "2.0" }\n',
      ),
      wire: row.isError(/odd failure/),
      report: row.toolFailure('write', /odd failure/),
    },
    {
      name: 'no text at all',
      send: row.call('write', { texts: [reply('"result":{"isError":true,"content":[]}')], of: 'silence' }),
      wire: row.isError(/^$/),
      report: row.toolFailure('write', /./, { shows: /"isError"\s*:\s*true/, params: /silence/ }),
    },
    {
      name: 'an internal error outside of tools, resources and prompts',
      send: scripted('completion/complete', '"error":{"code":-32603,"message":"no completion today"}'),
      wire: row.error(-32603, /no completion today/),
      report: row.protocolError(/no completion today/, {
        method: 'completion/complete',
        code: -32603,
        reproducible: true,
      }),
    },
    {
      name: 'an internal error of a list',
      send: scripted('tools/list', '"error":{"code":-32603,"message":"the shelf of tools fell"}'),
      wire: row.error(-32603, /fell/),
      report: {
        ...row.protocolError(/fell/, { method: 'tools/list', code: -32603, reproducible: true }),
        class: ['protocol_error', 'tool_failure'],
        source: ['mcp_protocol', 'mcp_tool'],
      },
    },
    {
      name: "an error with a code of the server's own",
      send: writes(reply('"error":{"code":-32000,"message":"out of tea","data":{"left":0}}')),
      wire: row.error(-32000, /out of tea/),
      report: row.toolFailure('write', /out of tea/, { code: -32000 }),
    },
    {
      name: 'noise before the answer',
      send: writes('starting the kettle\n', reply(DONE)),
      wire: row.success(/done/),
      report: row.protocolError(/starting the kettle|JSON/i),
    },
  ],
};
