// Lists that come in pages: all of them, but never without end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectMCP } from './mcp-server.mjs';

const options = { mcp: 'legacy' };
const lists = {
  listTools: ['tools/list', 'tools'],
  listResources: ['resources/list', 'resources'],
  listResourceTemplates: ['resources/templates/list', 'resourceTemplates'],
  listPrompts: ['prompts/list', 'prompts'],
};
/** Answers with one item per page, and the cursor that `next` makes of the one that was asked for. */
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
  test(`${method} brings all pages`, async (t) => {
    const { client, server } = await connectMCP(t, { [name]: paged(upTo(3), member) }, options);
    const list = await client[method]();
    assert.deepEqual(list, { [member]: ['undefined', '1', '2', '3'].map((name) => ({ name })) });
    assert.deepEqual(
      server.sent(name).map(({ body }) => body.params.cursor),
      [undefined, 1, 2, 3],
    );
  });
}

test('a cursor of one\'s own asks for that page alone', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/list': paged(upTo(9)) }, options);
  assert.deepEqual(await client.listTools({ cursor: 4 }), { tools: [{ name: '4' }], nextCursor: 5 });
  assert.equal(server.sent('tools/list').length, 1);
});

test('after 64 pages it ends, and the rest can be asked for', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/list': paged(upTo(Infinity)) }, options);
  const list = await client.listTools();
  assert.deepEqual([list.tools.length, list.nextCursor, server.sent('tools/list').length], [64, 64, 64]);
});

test('a cursor that does not move ends the list', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/list': paged(() => 'same') }, options);
  assert.deepEqual(names(await client.listTools()), ['undefined', 'same']);
  assert.equal(server.sent('tools/list').length, 2);
});

test('a cursor of null is none, as servers write it that leave nothing out', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/list': paged(() => null) }, options);
  assert.deepEqual(names(await client.listTools()), ['undefined']);
  assert.equal(server.sent('tools/list').length, 1);
});

test('what the first page says besides is kept, and other parameters go with every page', async (t) => {
  const { client, server } = await connectMCP(
    t,
    {
      'tools/list': (exchange, times) =>
        exchange.result({ tools: [], ttlMs: times, nextCursor: times === 1 ? 'b' : undefined }),
    },
    options,
  );
  assert.deepEqual(await client.listTools({ filter: 'tea' }), { tools: [], ttlMs: 1 });
  assert.deepEqual(
    server.sent('tools/list').map(({ body }) => body.params),
    [{ filter: 'tea' }, { filter: 'tea', cursor: 'b' }],
  );
});

test('a page that fails fails the list', async (t) => {
  const { client } = await connectMCP(
    t,
    {
      'tools/list': (exchange, times) => (times === 1 ? paged(upTo(2))(exchange) : exchange.error(-32603, 'no more')),
    },
    options,
  );
  assert.equal((await rejection(client.listTools())).message, 'no more');
});

test('an answer that is no list is handed over as it is', async (t) => {
  const { client } = await connectMCP(
    t,
    { 'tools/list': (exchange) => exchange.result({ tools: 'many', nextCursor: 'b' }) },
    options,
  );
  assert.deepEqual(await client.listTools(), { tools: 'many', nextCursor: 'b' });
});
