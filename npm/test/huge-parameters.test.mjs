// Parameters whose JSON is longer than the longest string. A file of their own, because the attempt takes seconds.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, rejection, result } from './harness.mjs';

test(
  'parameters too long for a string reject with a TypeError, and nothing is sent',
  { timeout: 30_000 },
  async (t) => {
    const { client, server } = await connect(t, (body, response) => result(body, response, null));
    // one string many times: it needs little memory, but the JSON is longer than the longest string
    const texts = Array(40).fill('x'.repeat(2 ** 24));
    const error = await rejection(client.request('brew', { texts }));
    assert.ok(error instanceof TypeError, String(error));
    assert.match(error.message, /the params of "brew" cannot be written as JSON/);
    assert.equal(server.calls.length, 0);
  },
);
