// The ways to call a tool that are compared.

import { MCPClient } from '/dist/mcp-autoheal.js';
import { Client, StreamableHTTPClientTransport } from '/official.js';

import { REPORT_TO } from './stub.js';

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
let lastId = 0;

/** The same call as a page without any client would make it. */
export async function byHand() {
  const params = { name: 'add', arguments: { a: 1, b: 2 } };
  const call = { jsonrpc: '2.0', id: ++lastId, method: 'tools/call', params };
  const response = await fetch('/jsonrpc', { method: 'POST', headers: HEADERS, body: JSON.stringify(call) });
  const message = await response.json();
  return message.result;
}

/** Our client, ready; `reports` switches reporting on, and `era` is the one of MCP that is spoken, if any. */
export async function ours({ reports, era = 'legacy' }) {
  const endpoint = era ? `/mcp?era=${era}` : '/jsonrpc';
  const options = { mcp: era && 'auto', reportErrors: reports, errorReportEndpoint: REPORT_TO };
  const client = new MCPClient(endpoint, options);
  await client.ready;
  if (era) {
    await client.connect();
    if (client.getProtocolEra() !== era) throw new Error(`the era came out as ${client.getProtocolEra()}, not ${era}`);
    await client.listTools(); // both clients read tools' descriptions before they call them
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

/** Calls from as many frames up as pages with a framework have. */
export function fromDeepDown(call, frames = 20) {
  return frames === 0 ? call() : keepFrame(fromDeepDown(call, frames - 1));
}

/** Makes a tail call an ordinary one, so that every frame is really there. */
function keepFrame(value) {
  return value;
}
