// A real server that keeps what the generated client sends it, for the tests and for scripts/check-calls.mjs.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { IPFSAccelerateClient } from '../dist/ipfs-accelerate.js';

/** Starts the server; `answer(message)` gives a reply's `result` or `error`, a result of null unless it is given. */
export async function startRecorder(answer = () => ({ result: null })) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()));
    bodies.push(body);
    const reply = (message) => ({ jsonrpc: '2.0', id: message.id, ...answer(message) });
    const replies = Array.isArray(body) ? body.map(reply) : reply(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(replies));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new IPFSAccelerateClient(`http://127.0.0.1:${server.address().port}/jsonrpc`);

  return {
    client,
    /** Makes the call; resolves to the one body it sent, as text and without ids. */
    async sent(call, args) {
      bodies.length = 0;
      await client[call](...args);
      if (bodies.length !== 1) throw new Error(`${call} sent ${bodies.length} bodies`);
      return comparable(bodies[0]);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A body as text: members of the envelope in one order, those of the params in the order they were sent. */
export function comparable(body) {
  const envelope = ({ jsonrpc, method, params, id, ...more }) => ({ jsonrpc, method, params, ...more });
  return JSON.stringify(Array.isArray(body) ? body.map(envelope) : envelope(body));
}
