// A server that records the requests of the generated client, for the tests and for scripts/check-calls.mjs.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { IPFSAccelerateClient } from '../dist/ipfs-accelerate.js';

/** Starts the server. `respond(message)` returns the `result` or `error` of a response; by default a result of null. */
export async function startRecorder(respond = () => ({ result: null })) {
  const bodies = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()));
    bodies.push(body);
    const responseTo = (message) => ({ jsonrpc: '2.0', id: message.id, ...respond(message) });
    const responses = Array.isArray(body) ? body.map(responseTo) : responseTo(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(responses));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new IPFSAccelerateClient(`http://127.0.0.1:${server.address().port}/jsonrpc`);

  return {
    client,
    /** Makes a call. Resolves to the body of its only request, as text without ids. */
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

/** A body as text: the members of the envelope in a fixed order, those of the params in the order sent. */
export function comparable(body) {
  const envelope = ({ jsonrpc, method, params, id, ...more }) => ({ jsonrpc, method, params, ...more });
  return JSON.stringify(Array.isArray(body) ? body.map(envelope) : envelope(body));
}
