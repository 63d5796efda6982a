// Messages that are not failures but may look like one.

import * as row from './rows.mjs';
import { command, DONE, response, scripted, server, writes } from './scripted.mjs';

export const traps = {
  name: 'a server without an SDK: messages that are not failures',
  command,
  server,
  steps: [
    {
      name: 'an elicitation by URL is required',
      send: writes(response('"error":{"code":-32042,"message":"URL elicitation required","data":{"elicitations":[]}}')),
      wire: row.error(-32042, /required/),
    },
    {
      name: 'more input is required',
      send: writes(response('"result":{"resultType":"input_required","inputRequests":{},"requestState":"x"}')),
      wire: row.success(/input_required/),
    },
    {
      name: 'a probe for the other era is refused',
      send: scripted(
        'server/discover',
        '"error":{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2025-11-25"]}}',
      ),
      wire: row.error(-32022, /Unsupported/),
    },
    {
      name: 'a probe for the other era gets an internal error',
      send: scripted('server/discover', '"error":{"code":-32603,"message":"Internal error"}'),
      wire: row.error(-32603, /Internal/),
    },
    {
      name: 'a cancelled call gets an error',
      send: row.call('hold', {}),
      then: [
        (id) => ({
          jsonrpc: '2.0',
          method: 'notifications/cancelled',
          params: { requestId: id, reason: 'the user left' },
        }),
        (id) => ({
          ...writes(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32603,"message":"cancelled"}}\n`, response(DONE)),
          jsonrpc: '2.0',
          id: `after-${id}`,
        }),
      ],
      wire: row.error(-32603, /cancelled/),
    },
    {
      name: 'a cancelled call gets no response',
      send: row.call('hold', {}),
      then: [(id) => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } })],
    },
    {
      name: 'stderr mentions errors',
      send: row.call('log', {
        text: 'Traceback (most recent call last):\nError: panicked\nERROR all is lost\n',
        line: response(DONE),
      }),
      wire: row.success(/done/),
    },
    {
      name: 'a result with isError: false that contains isError: true elsewhere',
      send: writes(
        response(
          '"result":{"content":[{"type":"text","text":"{\\"isError\\":true}"}],"isError":false,"structuredContent":{"isError":true,"error":{"code":1}}}',
        ),
      ),
      wire: row.success(/isError/),
    },
    {
      name: 'a large result whose text mentions errors',
      send: row.call('grow', { bytes: 3_000_000, isError: false }),
      wire: row.success(/too much/),
    },
    {
      name: 'a null result is a success',
      send: writes(response('"result":null')),
      wire: row.success(),
    },
    {
      name: 'notifications, a request of the server, and empty lines',
      send: writes(
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"Error: boom"}}\n',
        '\n',
        '{"jsonrpc":"2.0","id":"server-1","method":"roots/list"}\r\n',
        response(DONE),
      ),
      wire: row.success(/done/),
    },
    {
      name: 'an error response of the client to a request of the server',
      send: row.request('ping'),
      before: ['{"jsonrpc":"2.0","id":"server-1","error":{"code":-32601,"message":"Method not found"}}'],
      wire: row.success(),
    },
    {
      name: 'a string id that looks like the number of an open call',
      send: { ...writes('{"jsonrpc":"2.0","id":"77","result":{}}\n'), id: '77' },
      wire: row.success(),
    },
  ],
};
