// `generate` with real servers: the generated module compiles, and its methods call the server.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { autoheal, installed, load, PACKAGE, project, typeCheck } from './generate/harness.mjs';
import { startTools } from './generate/serve.mjs';

const EVERYTHING = '@modelcontextprotocol/server-everything/dist/index.js';
const FILESYSTEM = '@modelcontextprotocol/server-filesystem/dist/index.js';

test('the module for a rich set of schemas equals the golden file', async () => {
  // To update the golden file: run the command in its header with `> test/generate/rich-shop.ts` appended.
  const { code, stdout } = await autoheal(['generate', 'node', 'test/generate/serve.mjs']);
  assert.equal(code, 0);
  assert.equal(stdout, await readFile(join(PACKAGE, 'test/generate/rich-shop.ts'), 'utf8'));
});

test('the types allow what the schemas allow, and nothing else', async (t) => {
  const use = `import { RichShopClient, type PlaceOrderArguments, type TreeGrowNode } from './rich-shop.js';
    import { MCPClient, type ToolResult } from 'mcp-autoheal';
    const shop: MCPClient = new RichShopClient('/jsonrpc', { reportErrors: true });
    const rich = shop as RichShopClient;
    const card: PlaceOrderArguments = {
      items: [{ sku: 'MUG-1', quantity: 2 }, { sku: 'TEA-3' }],
      shipTo: { street: 'Main' }, payment: { kind: 'card', last4: '1111' }, 'gift-note': null,
      labels: { a: 'b' }, window: ['2026-01-01', '2026-01-02'],
    };
    const placed = await rich.placeOrder(card, { timeout: 10 });
    const total: number | undefined = placed.structuredContent?.total;
    const currency: 'EUR' | 'USD' | undefined = placed.structuredContent?.currency;
    const plain: ToolResult = await rich.listOrders2();
    const tree: TreeGrowNode = { label: 'a', children: [{ label: 'b', children: [] }] };
    await rich.treeGrow({ root: tree, 'x-dry': true });
    await rich.find({ sku: 'a' });
    await rich.pingTool();
    await rich.ping();
    void [total, currency, plain];
    // @ts-expect-error the last four digits are missing
    await rich.placeOrder({ ...card, payment: { kind: 'card' } });
    // @ts-expect-error no such speed
    await rich.placeOrder({ ...card, speed: 'warp' });
    // @ts-expect-error a mistyped name
    await rich.placeOrder({ ...card, cuopon: 'x' });
    // @ts-expect-error a window has two ends
    await rich.placeOrder({ ...card, window: ['2026-01-01'] });
    // @ts-expect-error one of both is needed
    await rich.find({});
    // @ts-expect-error ping has no arguments
    await rich.pingTool({ a: 1 });
    // @ts-expect-error children are nodes too
    await rich.treeGrow({ root: { label: 'a', children: [{}] } });`;
  const golden = await readFile(join(PACKAGE, 'test/generate/rich-shop.ts'), 'utf8');
  await typeCheck(await project(t), { 'rich-shop.ts': golden, 'use.ts': use });
});

test('a module generated from an address calls that server', async (t) => {
  const folder = await project(t);
  const { endpoint, calls } = await startTools(t);
  const words = ['generate', endpoint, '--header', 'X-Key: hunter2', '--out', 'shop.ts'];
  const { code, stderr } = await autoheal(words, { cwd: folder });
  assert.match(stderr, /shop\.ts: RichShopClient with 6 tools of rich-shop\n$/);
  assert.equal(code, 0);
  assert.ok(calls.every(({ headers }) => headers['x-key'] === 'hunter2'));
  assert.match(await readFile(join(folder, 'shop.ts'), 'utf8'), /--out shop\.ts --header 'x-key: …'\n/);

  const { RichShopClient } = await load(folder, 'shop.ts');
  const shop = new RichShopClient(endpoint);
  const { structuredContent } = await shop.placeOrder({
    items: [],
    shipTo: { street: 'x' },
    payment: { kind: 'invoice' },
  });
  assert.deepEqual(structuredContent, { order: 'A-1', total: 12.5, currency: 'EUR' });
  const received = JSON.parse((await shop.listOrders2({ limit: 3 })).content[0].text);
  assert.deepEqual(received, { name: 'list-orders', args: { limit: 3 } });
  assert.deepEqual(JSON.parse((await shop.pingTool()).content[0].text), { name: 'ping', args: {} });
  assert.deepEqual(await shop.ping(), {});
});

test('an address without an MCP server is named in the failure, with a remedy', async (t) => {
  const refused = await autoheal(['generate', 'http://127.0.0.1:9/mcp?key=hunter2']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^mcp-autoheal: http:\/\/127\.0\.0\.1:9\/mcp: .*\(NETWORK\); does the server run/);
  assert.doesNotMatch(refused.stderr, /hunter2/);

  const { endpoint } = await startTools(t, { serverInfo: {}, tools: undefined, call: () => {} });
  const without = await autoheal(['generate', endpoint]);
  assert.match(without.stderr, /responded to tools\/list without a list of tools; is it an MCP server\?/);
  assert.equal(without.code, 1);
});

for (const [name, path, words, className, methods] of [
  ['server-everything', EVERYTHING, [], 'McpServersEverythingClient', ['echo', 'getSum', 'getStructuredContent']],
  [
    'server-filesystem',
    FILESYSTEM,
    [PACKAGE],
    'SecureFilesystemServerClient',
    ['readTextFile', 'listDirectory', 'editFile'],
  ],
]) {
  test(`a client for ${name} is generated over stdio and compiles`, async (t) => {
    const folder = await project(t);
    const { code, stderr } = await autoheal(
      ['generate', '--out', 'generated.ts', process.execPath, installed(path), ...words],
      {
        cwd: folder,
      },
    );
    assert.equal(code, 0, stderr);
    await typeCheck(folder, { 'generated.ts': undefined });
    const module = await load(folder, 'generated.ts');
    for (const method of methods) assert.equal(typeof module[className].prototype[method], 'function', method);
  });
}
