// Stacks of errors and reports begin at the function of the page, in all engines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertCaller } from '../frames.mjs';
import { error, json, openPage } from '../harness.mjs';
import { legacyServer } from '../mcp.mjs';

/** The buttons of the page, and the function that makes the call of each. */
export const buttons = { plain: 'checkOut', async: 'checkOutAsync', later: 'checkOutAsync', batch: 'pressBatch' };

const endpoints = { 'plain JSON-RPC': '/jsonrpc', MCP: '/mcp' };

export function stacks(engine, stackReports) {
  for (const [kind, endpoint] of Object.entries(endpoints)) {
    for (const [button, caller] of Object.entries(buttons)) {
      test(`the stack begins at the caller: ${button}, ${kind}`, async (t) => {
        const { run, server } = await openPage(t, engine, { call: refuse, mcp: legacyServer(refuse) });
        const press = (name, endpoint) => window.press(name, new MCPClient(endpoint, { reportErrors: true }));
        const { stack } = await run(press, button, endpoint);
        const [report] = await server.reported(1);
        if (endpoint === '/jsonrpc') stackReports.push({ engine: engine.version, button, report });

        for (const text of [stack, report.stack_trace]) await assertCaller(engine, server, text, caller);
        assert.match(report.stack_trace, /^MCPError: no discount\n/);
      });
    }
  }
}

function refuse(body, response) {
  if (Array.isArray(body)) {
    json(response, body.map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32000, message: 'no discount' } })));
  } else {
    error(body, response, -32000, 'no discount');
  }
}
