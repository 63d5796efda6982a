// Serves a list of tools over plain JSON-RPC: `node serve.mjs` on stdio, or `startTools()` over HTTP.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { json, startServer } from '../server.mjs';
import * as rich from './rich-tools.mjs';

/** The response to one message, or undefined for a notification. */
export function respond({ serverInfo, tools, call }, { id, method, params }) {
  if (id === undefined) return undefined;
  const results = {
    initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }),
    'tools/list': () => ({ tools }),
    'tools/call': () => call(params.name, params.arguments),
    ping: () => ({}),
  };
  if (!Object.hasOwn(results, method))
    return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } };
  return { jsonrpc: '2.0', id, result: results[method]() };
}

/** Starts a server of these tools over HTTP until the end of the test. */
export async function startTools(t, server = rich) {
  const started = await startServer((body, response) => {
    const message = respond(server, body);
    if (message === undefined) response.writeHead(202).end();
    else json(response, message);
  });
  t.after(() => started.close());
  return started;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for await (const line of createInterface({ input: process.stdin })) {
    const message = respond(rich, JSON.parse(line));
    if (message !== undefined) process.stdout.write(`${JSON.stringify(message)}\n`);
  }
}
