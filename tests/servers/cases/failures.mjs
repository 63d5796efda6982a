// Failures of a server without an SDK: unusual JSON, secrets, large responses, and overlapping calls.

import * as row from './rows.mjs';
import { command, DONE, response, scripted, server, writes } from './scripted.mjs';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const PASSWORD = 'correct-horse-battery';

export const failuresOnTheWire = {
  name: 'a server without an SDK: failures',
  command,
  server,
  secrets: [TOKEN, PASSWORD],
  steps: [
    {
      name: 'a failure whose message contains a secret',
      send: row.call('write', {
        password: PASSWORD,
        texts: [response(`"error":{"code":-32603,"message":"refused: Authorization: Bearer ${TOKEN}"}`)],
      }),
      wire: row.error(-32603, /refused/),
      report: row.toolFailure('write', /refused/, { code: -32603, reproducible: false }),
    },
    {
      name: 'a large failed result',
      send: row.call('grow', { bytes: 3_000_000, isError: true }),
      wire: row.isError(/too much/),
      report: row.toolFailure('grow', /./, { reproducible: false }),
    },
    {
      name: 'two open calls, with responses in reverse order',
      send: row.call('hold', {}),
      then: [
        (id) => ({
          ...row.call('write', {
            texts: [
              response('"error":{"code":-32603,"message":"the second one failed"}'),
              response(DONE).replace('$id', id),
            ],
          }),
          jsonrpc: '2.0',
          id: `${id}`,
        }),
      ],
      wire: row.success(/done/),
      report: row.toolFailure('write', /the second one failed/, { code: -32603, reproducible: false }),
    },
    {
      name: 'members in an unusual order, with spaces',
      send: writes(
        '  { "result" : { "isError" : true , "content" : [ { "type":"text", "text":"odd order" } ] } , "id" : $id , "jsonrpc" : "2.0" }\n',
      ),
      wire: row.isError(/odd order/),
      report: row.toolFailure('write', /odd order/),
    },
    {
      name: 'a member name with an escape',
      send: writes(
        '  { "result" : { "\\u0069sError" : true , "content" : [ { "type":"text", "text":"odd failure" } ] } , "id" : $id , "jsonrpc" : "2.0" }\n',
      ),
      wire: row.isError(/odd failure/),
      report: row.toolFailure('write', /odd failure/),
    },
    {
      name: 'a failed result without text',
      send: row.call('write', { texts: [response('"result":{"isError":true,"content":[]}')], of: 'silence' }),
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
      send: writes(response('"error":{"code":-32000,"message":"out of tea","data":{"left":0}}')),
      wire: row.error(-32000, /out of tea/),
      report: row.toolFailure('write', /out of tea/, { code: -32000 }),
    },
    {
      name: 'noise before the response',
      send: writes('starting the kettle\n', response(DONE)),
      wire: row.success(/done/),
      report: row.protocolError(/starting the kettle|JSON/i),
    },
  ],
};
