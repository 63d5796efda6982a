// The search for `x-mcp-header` in a tool's schema: paths of header parameters, invalid uses, hostile schemas.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { headerPaths } from '../src/tool-headers.js';

const check = (schema, expected) => assert.deepEqual(Object.fromEntries(headerPaths(schema)), expected);
const invalid = (schema) => assert.throws(() => headerPaths(schema), /x-mcp-header/, JSON.stringify(schema));
const header = { 'x-mcp-header': 'A', type: 'string' };

test('paths of header parameters', () => {
  for (const schema of [undefined, null, 'text', 5, [], {}]) check(schema, {});
  check({ type: 'object', properties: { a: { 'x-mcp-header': 'Region', type: 'string' } } }, { region: ['a'] });
  check(
    {
      properties: {
        in: { type: 'object', properties: { 'b c': { type: 'integer', 'x-mcp-header': 'B' } } },
        d: { 'x-mcp-header': 'D', type: 'boolean', default: { 'x-mcp-header': 1 } },
      },
    },
    { b: ['in', 'b c'], d: ['d'] },
  );
  const everyMark = "!#$%&'*+-.^_`|~09az";
  check({ properties: { a: { 'x-mcp-header': everyMark, type: 'string' } } }, { [everyMark]: ['a'] });
});

test('properties may have the name of a keyword', () => {
  check(
    JSON.parse('{"properties":{"properties":{"x-mcp-header":"P","type":"string"},"type":{"type":"string"},' +
      '"default":{"x-mcp-header":"D","type":"string"},"__proto__":{"x-mcp-header":"Q","type":"string"}}}'),
    { p: ['properties'], d: ['default'], q: ['__proto__'] },
  );
});

test('values of default, const, enum and examples are data', () => {
  for (const keyword of ['default', 'const', 'enum', 'examples']) check({ [keyword]: [header] }, {});
});

test('invalid names and types', () => {
  for (const name of ['', 'a b', 'a:b', 'ä', 'a\r\nb', 5, null, false, ['A'], { a: [1] }]) {
    invalid({ properties: { a: { 'x-mcp-header': name, type: 'string' } } });
  }
  for (const type of ['number', 'object', 'array', 'null', ['string'], undefined]) {
    invalid({ properties: { a: { 'x-mcp-header': 'A', type } } });
  }
});

test('invalid places', () => {
  invalid(header);
  for (const keyword of ['items', '$defs', 'anyOf', 'not', 'if', 'type']) {
    invalid({ properties: { a: { [keyword]: { properties: { b: header } } } } });
    invalid({ [keyword]: [header] });
  }
  invalid({ properties: [header] });
  invalid({ properties: { a: header, b: { ...header, 'x-mcp-header': 'a' } } });
});

test('deep and large schemas end', () => {
  const nested = (depth, innermost, keyword) =>
    Array.from({ length: depth }).reduce((inner) => ({ [keyword]: inner }), innermost);
  check(nested(100_000, { properties: { a: header } }, 'not'), {});
  invalid(nested(60, { properties: { a: header } }, 'not'));
  check(nested(100_000, header, 'properties'), {});

  const names = Array.from({ length: 20_000 }, (_, number) => `n${number}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string', 'x-mcp-header': name }]));
  assert.equal(headerPaths({ properties }).size, names.length);
});
