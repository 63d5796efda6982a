// TypeScript types of JSON Schemas, case by case. The last test compiles all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moduleText } from '../generate/module.js';
import { project, typeCheck } from './generate/harness.mjs';

const modules = [];

/** Compares the type of the property `it` of a tool's arguments. `$defs` are those of the tool. */
function check(schema, expected, $defs = {}) {
  const inputSchema = { type: 'object', properties: { it: schema }, required: ['it'], $defs };
  const text = written(inputSchema);
  const types = text.slice(text.indexOf('export type'), text.indexOf('/** Client with')).trim();
  const bare = types.replace(/^ *\/\*\*.*\n/gm, '').replace(/^.*\n {2}it:\s(?:\s*\| )?([^]*?);\n\};/, '$1');
  const oneLine = bare.replace(/\s+/g, ' ');
  assert.equal(oneLine, expected, JSON.stringify(schema));
}

/** The module for one tool with this schema. */
function written(inputSchema, outputSchema) {
  const tool = { name: 'try', inputSchema, outputSchema };
  const text = moduleText(
    { server: { name: 'x', version: '' }, tools: [tool], className: 'X', command: '' },
    'typescript',
  );
  modules.push(text);
  return text;
}

const argumentsOf = (inputSchema) => /TryArguments = ([^]*?);\n\n/.exec(written(inputSchema))[1].replace(/\s+/g, ' ');

test('primitive types', () => {
  check({ type: 'string' }, 'string');
  check({ type: 'integer' }, 'number');
  check({ type: ['string', 'null'] }, 'string | null');
  check({ type: 'number', nullable: true }, 'number | null');
  check({}, 'unknown');
  check(true, 'unknown');
  check(false, 'never');
  check({ type: 'file' }, 'unknown');
});

test('constants and enumerations', () => {
  check({ const: "it's" }, "'it\\'s'");
  check({ enum: ['a', 1, -2.5, true, null] }, "'a' | 1 | -2.5 | true | null");
  check({ enum: ['a', 'a'] }, "'a'");
  check({ enum: [] }, 'never');
  check({ enum: [{ a: [1, 'b'] }, []] }, "{ a: [1, 'b'] } | []");
  check({ const: 1e999 }, 'number');
  check({ type: 'string', oneOf: [{ const: 'r', title: 'Red' }, { const: 'g' }] }, "'r' | 'g'");
  check({ enum: Array.from({ length: 2000 }, (_, i) => `v${i}`) }, 'unknown');
});

test('objects', () => {
  check({ type: 'object' }, 'Record<string, unknown>');
  check({ type: 'object', properties: {} }, 'Record<string, never>');
  check({ type: 'object', additionalProperties: false }, 'Record<string, never>');
  check({ properties: { a: { type: 'string' }, 'b-c': {} }, required: ['a'] }, "{ a: string; 'b-c'?: unknown; }");
  check({ type: 'object', additionalProperties: { type: 'number' } }, '{ [name: string]: number; }');
  check(
    { properties: { a: { type: 'string' } }, additionalProperties: true },
    '{ a?: string; [name: string]: unknown; }',
  );
  check(
    { properties: { a: { type: 'string' } }, additionalProperties: { type: 'number' } },
    '{ a?: string; [name: string]: number | string | undefined; }',
  );
  check({ patternProperties: { '^x': { type: 'null' } }, additionalProperties: false }, '{ [name: string]: null; }');
  check({ properties: {}, required: ['a'] }, '{ a: unknown; }');
});

test('arrays and tuples', () => {
  check({ type: 'array' }, 'unknown[]');
  check({ items: { type: ['string', 'null'] } }, '(string | null)[]');
  check({ prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }, '[string, number]');
  check({ type: 'array', prefixItems: [{ type: 'string' }] }, '[string, ...unknown[]]');
  check({ type: 'array', prefixItems: [{ type: 'string' }], items: { enum: [1, 2] } }, '[string, ...(1 | 2)[]]');
  check(
    { type: 'array', items: [{ type: 'string' }, { enum: [1, 2] }], minItems: 1, maxItems: 2 },
    '[string, (1 | 2)?]',
  );
});

test('alternatives and combinations', () => {
  check({ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null');
  check({ anyOf: [{ type: 'string' }, {}] }, 'unknown');
  check(
    { allOf: [{ properties: { a: {} } }, { properties: { b: {} }, required: ['b'] }] },
    '{ a?: unknown; } & { b: unknown; }',
  );
  check({ allOf: [{ enum: [1, 2] }, { type: 'number' }] }, '(1 | 2) & number');
  check(
    { type: 'object', anyOf: [{ properties: { a: {} } }, { required: ['b'] }] },
    '{ a?: unknown; } | { b: unknown; }',
  );
});

test('references', () => {
  const A = { type: 'object', properties: { next: { $ref: '#/$defs/A' } } };
  check({ $ref: '#/$defs/A' }, 'TryA export type TryA = { next?: TryA; };', { A });
  check({ $ref: '#/$defs/nowhere' }, 'unknown');
  check({ $ref: 'https://elsewhere.example/schema.json' }, 'unknown');
  check({ $ref: '#/$defs/__proto__/x' }, 'unknown');
});

test('circular references compile', () => {
  const $defs = {
    A: { $ref: '#/$defs/B' },
    B: { anyOf: [{ $ref: '#/$defs/A' }, { type: 'string' }] },
    C: { allOf: [{ $ref: '#/$defs/C' }, { properties: { c: { $ref: '#/$defs/C' } } }] },
    D: { additionalProperties: { $ref: '#/$defs/D' } },
    E: { type: 'array', items: { $ref: '#/$defs/E' } },
    F: { properties: { g: { $ref: '#/$defs/G' } }, allOf: [{ $ref: '#/$defs/G' }] },
    G: { anyOf: [{ $ref: '#/$defs/F' }, { type: 'number' }] },
    H: { $anchor: 'h', prefixItems: [{ $ref: '#h' }, { $ref: '#' }] },
  };
  const properties = Object.fromEntries(Object.keys($defs).map((name) => [name, { $ref: `#/$defs/${name}` }]));
  const text = written({ type: 'object', properties, $defs }, { $ref: '#' });
  for (const name of Object.keys($defs)) assert.match(text, new RegExp(`^export type Try${name} = `, 'm'));
  assert.match(text, /^export type TryD = \{\n {2}\[name: string\]: TryD;\n\};/m);
  assert.match(text, /^export type TryE = TryE\[\];/m);
});

test('the arguments of a tool are always an object', () => {
  for (const wrong of [
    undefined,
    null,
    5,
    'object',
    [],
    true,
    false,
    {},
    { type: 'string' },
    { not: {} },
    { type: { toString: 1 } },
  ]) {
    assert.equal(argumentsOf(wrong), 'Record<string, unknown>', JSON.stringify(wrong));
  }
  assert.equal(argumentsOf({ type: 'object', nullable: true }), 'object & (Record<string, unknown> | null)');
  assert.equal(
    argumentsOf({ anyOf: [{ type: 'string' }, { type: 'object' }] }),
    'object & (string | Record<string, unknown>)',
  );
});

test('arguments are optional if none is required', () => {
  const signature = (inputSchema) => /try\((.*), options/.exec(written(inputSchema))[1];
  assert.equal(signature({ type: 'object', properties: { a: {} } }), 'args: TryArguments = {}');
  assert.equal(signature({ type: 'object', properties: { a: {} }, required: ['a'] }), 'args: TryArguments');
  assert.equal(signature({ anyOf: [{ required: ['a'] }, { required: ['b'] }] }), 'args: TryArguments');
});

test('schemas that are too deep, too long or too wide give a type of limited size', () => {
  let deep = { type: 'string' };
  for (let level = 0; level < 20_000; level += 1) deep = { type: 'object', properties: { deep } };
  assert.ok(written(deep).length < 20_000);

  let chain = {};
  for (let link = 0; link < 5000; link += 1) chain[`d${link}`] = { $ref: `#/$defs/d${link + 1}` };
  written({ type: 'object', properties: { it: { $ref: '#/$defs/d0' } }, $defs: chain });

  const choices = (letter) => ({
    anyOf: Array.from({ length: 90 }, (_, i) => ({ properties: { [letter]: { const: i } } })),
  });
  written({ type: 'object', properties: { it: { allOf: ['a', 'b', 'c', 'd'].map(choices) } } });
  written({ type: 'object', properties: { it: { default: deep } } });
});

test('all modules of these tests compile', async (t) => {
  assert.ok(modules.length > 50);
  const files = Object.fromEntries(modules.map((text, index) => [`case${index}.ts`, text]));
  await typeCheck(await project(t), files);
});
