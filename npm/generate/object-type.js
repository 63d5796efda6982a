// TypeScript types of objects: the listed properties with their docs, and an index signature for the others.

import { isRecord } from './json-type.js';
import { docComment, docLines, docValue, propertyName } from './text.js';
import { ANY_RECORD, type, union } from './type.js';

const DOCUMENTED_LIMITS = [
  ...['format', 'minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems'],
];

export function objectType(types, schema, context) {
  const nested = types.nested(context);
  const listed = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(
    Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [],
  );
  const names = [...Object.keys(listed), ...[...required].filter((name) => !Object.hasOwn(listed, name))];

  const properties = names.map((name) => {
    const property = Object.hasOwn(listed, name) ? listed[name] : true;
    return { name, property, propertyType: types.typeOf(property, nested), isOptional: !required.has(name) };
  });
  const unlisted = unlistedType(types, schema, nested, properties);
  const emptyIsValid = required.size === 0;
  if (properties.length === 0 && unlisted === undefined) {
    return isRecord(schema.properties) || schema.additionalProperties === false
      ? type('Record<string, never>', { isObject: true, emptyIsValid })
      : ANY_RECORD;
  }

  const lines = properties.map(({ name, property, propertyType, isOptional }) => {
    const comment = docComment(propertyDoc(property), nested.indent);
    return `${comment}${nested.indent}${propertyName(name)}${isOptional ? '?' : ''}: ${propertyType.text};\n`;
  });
  if (unlisted !== undefined) lines.push(`${nested.indent}[name: string]: ${unlisted.text};\n`);
  return type(`{\n${lines.join('')}${context.indent}}`, { isObject: true, emptyIsValid });
}

/** The doc lines of a property: description, limits, default value, deprecation. */
function propertyDoc(schema) {
  if (!isRecord(schema)) return [];
  const lines = docLines(schema.description ?? schema.title);
  const limits = DOCUMENTED_LIMITS.filter((name) => ['string', 'number', 'boolean'].includes(typeof schema[name]));
  if (limits.length > 0) {
    const texts = limits.map(
      (name) => `${name} ${typeof schema[name] === 'string' ? schema[name] : docValue(schema[name])}`,
    );
    lines.push(...docLines(`(${texts.join(', ').replace(/\s+/g, ' ')})`));
  }
  if (schema.default !== undefined) lines.push(`@defaultValue ${docValue(schema.default)}`);
  if (schema.deprecated === true) lines.push('@deprecated');
  return lines;
}

/**
 * The type of properties that the schema does not list, or undefined if there can be none. JSON Schema allows them by
 * default. Here they need `additionalProperties` or `patternProperties`, so that the compiler refuses a mistyped name.
 */
function unlistedType(types, schema, nested, properties) {
  const { additionalProperties: additional, patternProperties } = schema;
  const patterns = isRecord(patternProperties) ? Object.values(patternProperties) : [];
  const allowed = additional === undefined || additional === false ? patterns : [...patterns, additional];
  if (allowed.length === 0) return undefined;
  const unlisted = allowed.map((property) => types.typeOf(property, nested));
  // An index signature must also fit the listed properties.
  const listed = properties.map(({ propertyType }) => propertyType);
  if (properties.some(({ isOptional }) => isOptional)) listed.push(type('undefined'));
  const all = union([...unlisted, ...listed], nested.indent);
  return unlisted.every(({ text }) => text === 'never') && listed.length === 0 ? undefined : all;
}
