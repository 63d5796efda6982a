// Serves a list of tools over plain JSON-RPC: `node serve.mjs` on stdio, or `startTools()` over HTTP.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { json, startServer } from '../server.mjs';
import * as rich from './rich-tools.mjs';

/** The answer to one message, or undefined for a notification. */
export function answer({ serverInfo, tools, call }, { id, method, params }) {
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

/** Starts a server of those tools over HTTP, to end with the test. */
export async function startTools(t, server = rich) {
  const started = await startServer((body, response) => {
    const reply = answer(server, body);
    if (reply === undefined) response.writeHead(202).end();
    else json(response, reply);
  });
  t.after(() => started.close());
  return started;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = answer(rich, JSON.parse(line));
    if (reply !== undefined) process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}
