// JSON Schema as TypeScript types: what a schema says of shapes, not of values such as lengths and patterns.

import { arrayType } from './array-type.js';
import { isRecord, jsonType } from './json-type.js';
import { objectType } from './object-type.js';
import { References } from './references.js';
import { ANY_RECORD, intersection, NEVER, NULL, type, union, UNKNOWN } from './type.js';

const DEEPEST = 32;
const MOST_SCHEMAS = 5_000; // of one tool's schema, every place counted as often as it is used

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'];
const COMBINED = [...REFERENCES, 'allOf', 'anyOf', 'oneOf'];

const PRIMITIVES = {
  string: type('string'),
  number: type('number'),
  integer: type('number'),
  boolean: type('boolean'),
  null: NULL,
};

/** The types of one schema and of those it refers to. `names` hands out the names of the latter. */
export class SchemaTypes {
  #references;
  #schemas = 0;

  constructor(root, rootName, prefix, names) {
    this.root = root;
    this.rootName = rootName;
    this.#references = new References(this, prefix, names);
  }

  /** The declarations of everything referred to, in the order of first use. */
  get declarations() {
    return this.#references.declarations;
  }

  /** The root's type as the arguments of a tool: always one that only objects have. */
  argumentsType() {
    if (!isRecord(this.root)) return ANY_RECORD;
    const { type: kind } = this.root;
    const objects = kind === undefined || kind === 'object' || (Array.isArray(kind) && kind.includes('object'));
    if (!objects) return ANY_RECORD;
    const made = this.rootType(kind === undefined ? this.root : { ...this.root, type: 'object' });
    if (made.text === 'never' || made.text === 'unknown') return ANY_RECORD;
    return made.isObject ? made : intersection([type('object', { isObject: true }), made]);
  }

  /** The root's type as structured content, which may be any JSON value. */
  contentType() {
    const made = isRecord(this.root) || typeof this.root === 'boolean' ? this.rootType(this.root) : ANY_RECORD;
    return made.text === 'never' ? UNKNOWN : made;
  }

  rootType(root) {
    this.rootMade = this.typeOf(root, { indent: '', depth: 0, within: this.rootName });
    return this.rootMade;
  }

  /**
   * The type of one schema. `place` is where its text will stand: `within` is the named type it is part of, as long as
   * no object or array lies between. A type may refer to itself only inside of one.
   */
  typeOf(schema, place) {
    if (schema === false) return NEVER;
    this.#schemas += 1;
    if (!isRecord(schema) || place.depth > DEEPEST || this.#schemas > MOST_SCHEMAS) return UNKNOWN;

    const combined = intersection(this.#combinedTypes(schema, place));
    // The alternatives have taken on the type where it says all there is to say: `string & ('a' | 'b')` helps nobody.
    const saysMore = shapeOf(schema) !== undefined || 'const' in schema || Array.isArray(schema.enum);
    const made =
      combined.text === 'unknown' || saysMore ? intersection([this.#ownType(schema, place), combined]) : combined;
    return schema.nullable === true ? union([made, NULL], place.indent) : made;
  }

  /** The place of a part of an object or array: there a type may refer to itself. */
  inside(place) {
    return { indent: `${place.indent}  `, depth: place.depth + 1, within: undefined };
  }

  #ownType(schema, place) {
    if ('const' in schema) return jsonType(schema.const);
    if (Array.isArray(schema.enum))
      return union(
        schema.enum.map((value) => jsonType(value)),
        place.indent,
      );
    const kinds = Array.isArray(schema.type) ? schema.type : [schema.type ?? shapeOf(schema)];
    return union(
      kinds.map((kind) => this.#kindType(kind, schema, place)),
      place.indent,
    );
  }

  #kindType(kind, schema, place) {
    if (kind === 'object') return objectType(this, schema, place);
    if (kind === 'array') return arrayType(this, schema, place);
    return typeof kind === 'string' && Object.hasOwn(PRIMITIVES, kind) ? PRIMITIVES[kind] : UNKNOWN;
  }

  #combinedTypes(schema, place) {
    const deeper = { ...place, depth: place.depth + 1 };
    const member = (branch) => this.typeOf(inherited(schema, branch), deeper);
    const made = REFERENCES.filter((name) => typeof schema[name] === 'string').map((name) =>
      this.#references.typeOf(schema[name], deeper),
    );
    if (Array.isArray(schema.allOf)) made.push(...schema.allOf.map(member));
    for (const branches of [schema.anyOf, schema.oneOf]) {
      if (Array.isArray(branches) && branches.length > 0) made.push(union(branches.map(member), place.indent));
    }
    return made;
  }
}

/** What a schema is about, by what it says of it. */
function shapeOf(schema) {
  const { properties, patternProperties, additionalProperties, required, items, prefixItems } = schema;
  if (isRecord(properties) || isRecord(patternProperties) || Array.isArray(required)) return 'object';
  if (additionalProperties !== undefined) return 'object';
  return items !== undefined || Array.isArray(prefixItems) ? 'array' : undefined;
}

/** An alternative that is about its parent's type without saying so. */
function inherited(schema, branch) {
  if (schema.type === undefined || !isRecord(branch)) return branch;
  const saysItself = ['type', 'const', 'enum', ...COMBINED].some((name) => name in branch);
  return saysItself ? branch : { type: schema.type, ...branch };
}
