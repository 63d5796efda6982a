// The compared ways to call a tool.

import { MCPClient } from '/dist/mcp-autoheal.js';
import { Client, StreamableHTTPClientTransport } from '/official.js';

import { REPORT_TO } from './stub.js';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
let lastId = 0;

/** The call of a page without a client. */
export async function withFetch() {
  const params = { name: 'add', arguments: { a: 1, b: 2 } };
  const call = { jsonrpc: '2.0', id: ++lastId, method: 'tools/call', params };
  const response = await fetch('/jsonrpc', { method: 'POST', headers: HEADERS, body: JSON.stringify(call) });
  const message = await response.json();
  return message.result;
}

/** Our client, connected. `reports` turns reporting on. `era` is `legacy`, `modern`, or false for plain JSON-RPC. */
export async function ours({ reports, era = 'legacy' }) {
  const endpoint = era ? `/mcp?era=${era}` : '/jsonrpc';
  const options = { mcp: era && 'auto', reportErrors: reports, errorReportEndpoint: REPORT_TO };
  const client = new MCPClient(endpoint, options);
  await client.ready;
  if (era) {
    await client.connect();
    if (client.getProtocolEra() !== era) throw new Error(`the era is ${client.getProtocolEra()}, not ${era}`);
    await client.listTools(); // both clients list the tools before they call them
  }
  return client;
}

/** The official client, connected. */
export async function official() {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', location.href)));
  await client.listTools();
  return client;
}

/** Calls from a stack as deep as in a page with a framework. */
export function fromDeepStack(call, frames = 20) {
  return frames === 0 ? call() : keepFrame(fromDeepStack(call, frames - 1));
}

/** Prevents a tail call, so that each frame exists. */
function keepFrame(value) {
  return value;
}
