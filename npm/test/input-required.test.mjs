// Modern MCP: results of the type input_required, with requests for input from the client.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectModern, FORM } from './mcp-server.mjs';

const inputRequired = (inputRequests, requestState) => ({ resultType: 'input_required', inputRequests, requestState });

test('the next attempt has the requested input and the unchanged request state', async (t) => {
  const state = { opaque: ['é', 1] };
  const who = { method: 'elicitation/create', params: { requestedSchema: FORM } };
  const requests = { who, where: { method: 'roots/list' } };
  const { client, server } = await connectModern(t, {
    'tools/call': (exchange, times) => {
      if (times === 1) return exchange.result(inputRequired(requests, state));
      return exchange.result(
        times === 2 ? inputRequired(undefined, 'only this') : { content: [], resultType: 'complete' },
      );
    },
  });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { cups: 1 } }));
  client.setRequestHandler('roots/list', () => ({ roots: [] }));
  assert.deepEqual(await client.callTool('green', { cups: 3 }), { content: [], resultType: 'complete' });
  const sent = server.sent('tools/call').map(({ body }) => body);
  assert.deepEqual(
    sent.map(({ params: { _meta, ...others } }) => others),
    [
      { name: 'green', arguments: { cups: 3 } },
      {
        name: 'green',
        arguments: { cups: 3 },
        inputResponses: {
          who: { action: 'accept', content: { name: 'Anna', cups: 1, hot: false } },
          where: { roots: [] },
        },
        requestState: state,
      },
      { name: 'green', arguments: { cups: 3 }, inputResponses: {}, requestState: 'only this' },
    ],
  );
  assert.equal(new Set(sent.map(({ id }) => id)).size, 3);
  assert.ok(
    sent.every(({ params }) => params._meta),
    'every attempt has _meta',
  );
});

test('a request for input without a handler rejects the call with the name of the method', async (t) => {
  const { client, server } = await connectModern(t, {
    'tools/call': (exchange) => exchange.result(inputRequired({ who: { method: 'elicitation/create' } })),
  });
  async function drink() {
    return client.callTool('green');
  }
  const failure = await rejection(drink());
  assert.equal(failure.code, 'INPUT_REQUIRED');
  assert.match(failure.message, /"elicitation\/create"/);
  assert.match(failure.stack, /drink.*input-required\.test\.mjs/);
  assert.equal(server.sent('tools/call').length, 1);
});

for (const [name, requests] of Object.entries({
  'with requests': { who: { method: 'roots/list' } },
  'without requests': undefined,
})) {
  test(`a call that requires input again and again, ${name}, is rejected`, async (t) => {
    const { client, server } = await connectModern(t, {
      // ends after 40 attempts, so that a client without a limit fails the test instead of hanging
      'tools/call': (exchange, times) =>
        exchange.result(times < 40 ? inputRequired(requests, 'more') : { content: [] }),
    });
    client.setRequestHandler('roots/list', () => ({ roots: [] }));
    assert.equal((await rejection(client.callTool('green'))).code, 'INPUT_REQUIRED');
    assert.ok(server.sent('tools/call').length < 30);
  });
}
