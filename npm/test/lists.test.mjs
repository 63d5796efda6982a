// Lists in several pages: all pages up to a limit.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectLegacy } from './mcp-server.mjs';

const lists = {
  listTools: ['tools/list', 'tools'],
  listResources: ['resources/list', 'resources'],
  listResourceTemplates: ['resources/templates/list', 'resourceTemplates'],
  listPrompts: ['prompts/list', 'prompts'],
};
/** Responds with one item per page and the cursor `next(cursor)` of the next page. */
const paged =
  (next, member = 'tools') =>
  (exchange) => {
    const { cursor } = exchange.body.params;
    exchange.result({ [member]: [{ name: String(cursor) }], nextCursor: next(cursor) });
  };
const upTo =
  (last) =>
  (cursor = 0) =>
    cursor < last ? Number(cursor) + 1 : undefined;
const names = ({ tools }) => tools.map(({ name }) => name);

for (const [method, [name, member]] of Object.entries(lists)) {
  test(`${method} returns the items of all pages`, async (t) => {
    const { client, server } = await connectLegacy(t, { [name]: paged(upTo(3), member) });
    const list = await client[method]();
    assert.deepEqual(list, { [member]: ['undefined', '1', '2', '3'].map((name) => ({ name })) });
    assert.deepEqual(
      server.sent(name).map(({ body }) => body.params.cursor),
      [undefined, 1, 2, 3],
    );
  });
}

test('with a cursor only that page is requested', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/list': paged(upTo(9)) });
  assert.deepEqual(await client.listTools({ cursor: 4 }), { tools: [{ name: '4' }], nextCursor: 5 });
  assert.equal(server.sent('tools/list').length, 1);
});

test('a list ends after 64 pages with the cursor of the next page', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/list': paged(upTo(Infinity)) });
  const list = await client.listTools();
  assert.deepEqual([list.tools.length, list.nextCursor, server.sent('tools/list').length], [64, 64, 64]);
});

test('a repeated cursor ends the list', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/list': paged(() => 'same') });
  assert.deepEqual(names(await client.listTools()), ['undefined', 'same']);
  assert.equal(server.sent('tools/list').length, 2);
});

test('a cursor of null ends the list', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/list': paged(() => null) });
  assert.deepEqual(names(await client.listTools()), ['undefined']);
  assert.equal(server.sent('tools/list').length, 1);
});

test('other members of the first page are returned, and other parameters are sent for every page', async (t) => {
  const { client, server } = await connectLegacy(t, {
    'tools/list': (exchange, times) =>
      exchange.result({ tools: [], ttlMs: times, nextCursor: times === 1 ? 'b' : undefined }),
  });
  assert.deepEqual(await client.listTools({ filter: 'tea' }), { tools: [], ttlMs: 1 });
  assert.deepEqual(
    server.sent('tools/list').map(({ body }) => body.params),
    [{ filter: 'tea' }, { filter: 'tea', cursor: 'b' }],
  );
});

test('a failing page rejects the list', async (t) => {
  const { client } = await connectLegacy(t, {
    'tools/list': (exchange, times) => (times === 1 ? paged(upTo(2))(exchange) : exchange.error(-32603, 'no more')),
  });
  assert.equal((await rejection(client.listTools())).message, 'no more');
});

test('a result without a list is returned unchanged', async (t) => {
  const { client } = await connectLegacy(t, {
    'tools/list': (exchange) => exchange.result({ tools: 'many', nextCursor: 'b' }),
  });
  assert.deepEqual(await client.listTools(), { tools: 'many', nextCursor: 'b' });
});
