// Parameters longer than an engine can write. Trying takes some seconds, so that they have a file of their own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, rejection, result } from './harness.mjs';

test('a text longer than an engine can write is refused, and nothing is sent', { timeout: 30_000 }, async (t) => {
  const { client, server } = await connect(t, (body, response) => result(body, response, null));
  // one text many times over: it is small itself, and the whole is not
  const texts = Array(40).fill('x'.repeat(2 ** 24));
  const error = await rejection(client.request('brew', { texts }));
  assert.ok(error instanceof TypeError, String(error));
  assert.match(error.message, /the params of "brew" cannot be written as JSON/);
  assert.equal(server.calls.length, 0);
});
