// Hostile text from a server: in the generated module it stays text and changes no code.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moduleText } from '../generate/module.js';
import { methodNames, RESERVED_METHODS } from '../generate/names.js';
import { docLines } from '../generate/text.js';
import { load, project, typeCheck } from './generate/harness.mjs';
import { startTools } from './generate/serve.mjs';
import { MCPClient } from '../dist/mcp-autoheal.js';

const server = { name: 'hostile', version: '1' };
const write = (tools) => moduleText({ server, tools, className: 'Hostile', command: 'x' }, 'typescript');

const ATTACKS = [
  '*/ globalThis.harmed = true; /*',
  "'); globalThis.harmed = true; ('",
  '`${globalThis.harmed = true}`',
  '\n@deprecated\n@ts-nocheck\n * @ts-ignore\n{@link evil} @param x',
  '```\nfence',
  'line\u2028globalThis.harmed = true\u2029\r\nend',
  '\u202eesrever\u202c \u200b\u0000\u001b[2J\ufeff \udc00 \u{e0041}',
  '\\',
  "\\'",
  '${x}',
  '// @ts-nocheck',
  '<img src=x onerror=alert(1)> ![](https://evil.example/seen.png)',
  '__proto__',
  'constructor',
  '-'.repeat(5000),
  'a'.repeat(5000),
  'größe',
  '日本語',
  '1st',
  '🙂',
];

test('hostile names, descriptions and schemas cannot add code to the module', async (t) => {
  const tools = ATTACKS.map((text) => {
    const schema = { type: 'string', title: text, description: text, default: text, pattern: text, format: text };
    const properties = JSON.parse(`{${JSON.stringify(text)}: ${JSON.stringify(schema)}}`);
    const $defs = JSON.parse(
      `{${JSON.stringify(text)}: {"enum": [${JSON.stringify(text)}], "description": ${JSON.stringify(text)}}}`,
    );
    const pointer = `#/$defs/${encodeURIComponent(text.toWellFormed?.() ?? text.replace('\udc00', ''))
      .replaceAll('~', '~0')
      .replaceAll('%2F', '~1')}`;
    const inputSchema = {
      type: 'object',
      properties: { ...properties, other: { $ref: pointer } },
      required: [text],
      $defs,
    };
    return {
      name: text,
      title: text,
      description: text,
      annotations: { title: text, readOnlyHint: text },
      inputSchema,
      outputSchema: inputSchema,
    };
  });
  const text = write(tools);
  assert.doesNotMatch(text, /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
  const comments = text.match(/\/\*\*[^]*?\*\//g).join('\n');
  assert.doesNotMatch(comments, /!\[|(?<!\\)<img|```/);
  const tags = comments.match(/(?<![\w.%+\\-])@\w+/g);
  assert.deepEqual([...new Set(tags)], ['@defaultValue']);

  const folder = await project(t);
  await typeCheck(folder, { 'hostile.ts': text });
  const { Hostile } = await load(folder, 'hostile.ts');
  assert.equal(globalThis.harmed, undefined);

  // Each method calls its own tool, also one with a hostile name.
  const called = [];
  const call = (name, args) => (called.push([name, args]), { content: [] });
  const { endpoint } = await startTools(t, { serverInfo: server, tools, call });
  const client = new Hostile(endpoint);
  const methods = methodNames(ATTACKS);
  assert.equal(new Set(methods.values()).size, ATTACKS.length);
  for (const name of ATTACKS) await client[methods.get(name)]({ name });
  const received = ATTACKS.map((name) => [name, { name }]);
  assert.deepEqual(called, JSON.parse(JSON.stringify(received)));
});

test('docs keep code spans and e-mail addresses, in lines of limited length', () => {
  assert.deepEqual(docLines('Use `a*b` or mail me@x.example.'), ['Use `a*b` or mail me@x.example.']);
  assert.deepEqual(docLines('@param x `@b`'), ['\\@param x `\\@b`']);
  assert.ok(docLines('word '.repeat(70)).every((line) => line.length <= 100));
  assert.ok(docLines('line\n'.repeat(5000)).length <= 41);
  assert.deepEqual(docLines({ not: 'text' }), []);
});

test('methods have the names of their tools and never replace members of the client', () => {
  const named = (...tools) => Object.fromEntries(methodNames(tools));
  assert.deepEqual(named('get_weather', 'get-sum.v2', 'URLShortener', 'API', 'getURL'), {
    get_weather: 'getWeather',
    'get-sum.v2': 'getSumV2',
    URLShortener: 'urlShortener',
    API: 'api',
    getURL: 'getURL',
  });
  assert.deepEqual(named('a-b', 'a_b', 'aB'), { aB: 'aB', 'a-b': 'aB2', a_b: 'aB3' });
  assert.deepEqual(named('close', 'close_tool', '_call', '', '!'), {
    close: 'closeTool2',
    close_tool: 'closeTool',
    _call: 'call',
    '': 'tool',
    '!': 'tool2',
  });
  const own = [...RESERVED_METHODS];
  for (const [tool, method] of methodNames(own)) assert.ok(!RESERVED_METHODS.has(method), tool);
  // The list of reserved names has all members of the client.
  for (const member of Reflect.ownKeys(MCPClient.prototype).filter((key) => typeof key === 'string')) {
    assert.ok(RESERVED_METHODS.has(member) || member.startsWith('_'), member);
  }
});

test('tools with reserved names compile and replace no member of the client', async (t) => {
  const text = write([...RESERVED_METHODS].map((name) => ({ name, inputSchema: { type: 'object' } })));
  const folder = await project(t);
  await typeCheck(folder, { 'hostile.ts': text });
  const { Hostile } = await load(folder, 'hostile.ts');
  for (const member of RESERVED_METHODS) {
    if (member !== 'constructor') assert.ok(!Object.hasOwn(Hostile.prototype, member), member);
  }
});

test('the order of the server’s list does not change the module', () => {
  const tools = ['b', 'a-b', 'a_b', 'c'].map((name) => ({ name, inputSchema: { type: 'object' } }));
  assert.equal(write(tools), write([...tools].reverse()));
});

test('modules without tools and with 3000 tools compile', async (t) => {
  const many = Array.from({ length: 3000 }, (_, i) => ({
    name: `tool_${i}`,
    inputSchema: { type: 'object', properties: { i: {} } },
  }));
  const none = write([]);
  assert.match(none, /^import \{ MCPClient \} from 'mcp-autoheal';$/m);
  const folder = await project(t);
  await typeCheck(folder, { 'none.ts': none, 'many.ts': write(many) });
});
