// Objects: their properties with what is said of them, and the names nobody listed.

import { isRecord } from './json-type.js';
import { docComment, docLines, docValue, propertyName } from './text.js';
import { ANY_RECORD, type, union } from './type.js';

const LIMITS = [
  ...['format', 'minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems'],
];

export function objectType(types, schema, place) {
  const inside = types.inside(place);
  const listed = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(
    Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [],
  );
  const names = [...Object.keys(listed), ...[...required].filter((name) => !Object.hasOwn(listed, name))];

  const properties = names.map((name) => {
    const property = Object.hasOwn(listed, name) ? listed[name] : true;
    return { name, property, made: types.typeOf(property, inside), isOptional: !required.has(name) };
  });
  const others = otherNames(types, schema, inside, properties);
  const emptyIsValid = required.size === 0;
  if (properties.length === 0 && others === undefined) {
    return isRecord(schema.properties) || schema.additionalProperties === false
      ? type('Record<string, never>', { isObject: true, emptyIsValid })
      : ANY_RECORD;
  }

  const lines = properties.map(({ name, property, made, isOptional }) => {
    const comment = docComment(propertyDoc(property), inside.indent);
    return `${comment}${inside.indent}${propertyName(name)}${isOptional ? '?' : ''}: ${made.text};\n`;
  });
  if (others !== undefined) lines.push(`${inside.indent}[name: string]: ${others.text};\n`);
  return type(`{\n${lines.join('')}${place.indent}}`, { isObject: true, emptyIsValid });
}

/** What is said of a property. */
function propertyDoc(schema) {
  if (!isRecord(schema)) return [];
  const lines = docLines(schema.description ?? schema.title);
  const limits = LIMITS.filter((name) => ['string', 'number', 'boolean'].includes(typeof schema[name]));
  if (limits.length > 0) {
    const said = limits.map(
      (name) => `${name} ${typeof schema[name] === 'string' ? schema[name] : docValue(schema[name])}`,
    );
    lines.push(...docLines(`(${said.join(', ').replace(/\s+/g, ' ')})`));
  }
  if (schema.default !== undefined) lines.push(`@defaultValue ${docValue(schema.default)}`);
  if (schema.deprecated === true) lines.push('@deprecated');
  return lines;
}

/**
 * The type of the names nobody listed. A schema that does not speak of them allows them too, but then a mistyped name
 * would pass the compiler: they count as allowed only where the schema says so.
 */
function otherNames(types, schema, inside, properties) {
  const { additionalProperties: additional, patternProperties } = schema;
  const patterns = isRecord(patternProperties) ? Object.values(patternProperties) : [];
  const allowed = additional === undefined || additional === false ? patterns : [...patterns, additional];
  if (allowed.length === 0) return undefined;
  const others = allowed.map((property) => types.typeOf(property, inside));
  // An index signature covers the listed names as well.
  const listed = properties.map(({ made }) => made);
  if (properties.some(({ isOptional }) => isOptional)) listed.push(type('undefined'));
  const all = union([...others, ...listed], inside.indent);
  return others.every(({ text }) => text === 'never') && listed.length === 0 ? undefined : all;
}
