// TypeScript types of JSON Schemas: the shape of values, not limits such as lengths and patterns.
//
// Not json-schema-to-typescript, so that the package has no dependencies and `npx` starts fast.

import { arrayType } from './array-type.js';
import { isRecord, jsonType } from './json-type.js';
import { objectType } from './object-type.js';
import { References } from './references.js';
import { ANY_RECORD, intersection, NEVER, NULL, type, union, UNKNOWN } from './type.js';

const MAX_DEPTH = 32;
const MAX_SCHEMAS = 5_000; // visited for one tool, each as often as it is used

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'];
const COMBINED = [...REFERENCES, 'allOf', 'anyOf', 'oneOf'];

const PRIMITIVES = {
  string: type('string'),
  number: type('number'),
  integer: type('number'),
  boolean: type('boolean'),
  null: NULL,
};

/** The types of one schema and of the schemas it refers to. `names` makes the names of their types unique. */
export class SchemaTypes {
  #references;
  #schemas = 0;

  constructor(root, rootName, prefix, names) {
    this.root = root;
    this.rootName = rootName;
    this.#references = new References(this, prefix, names);
  }

  /** The declarations of all referenced schemas, in the order of first use. */
  get declarations() {
    return this.#references.declarations;
  }

  /** The type of the root as the arguments of a tool. Its values are always objects. */
  argumentsType() {
    if (!isRecord(this.root)) return ANY_RECORD;
    const { type: kind } = this.root;
    const allowsObjects = kind === undefined || kind === 'object' || (Array.isArray(kind) && kind.includes('object'));
    if (!allowsObjects) return ANY_RECORD;
    const rootType = this.#setRootType(kind === undefined ? this.root : { ...this.root, type: 'object' });
    if (rootType.text === 'never' || rootType.text === 'unknown') return ANY_RECORD;
    return rootType.isObject ? rootType : intersection([type('object', { isObject: true }), rootType]);
  }

  /** The type of the root as structured content, which may be any JSON value. */
  contentType() {
    const isSchema = isRecord(this.root) || typeof this.root === 'boolean';
    const rootType = isSchema ? this.#setRootType(this.root) : ANY_RECORD;
    return rootType.text === 'never' ? UNKNOWN : rootType;
  }

  #setRootType(root) {
    this.rootType = this.typeOf(root, { indent: '', depth: 0, alias: this.rootName });
    return this.rootType;
  }

  /**
   * The type of one schema. `context` is the place of its text in the module. `context.alias` is the type alias whose
   * definition contains the text; undefined inside an object or array, because only there an alias may refer to itself.
   */
  typeOf(schema, context) {
    if (schema === false) return NEVER;
    this.#schemas += 1;
    if (!isRecord(schema) || context.depth > MAX_DEPTH || this.#schemas > MAX_SCHEMAS) return UNKNOWN;

    const combined = intersection(this.#combinedTypes(schema, context));
    // A bare `type` is left out, because the alternatives inherit it: `'a' | 'b'`, not `string & ('a' | 'b')`.
    const hasOwnType =
      combined.text === 'unknown' || shapeOf(schema) !== undefined || 'const' in schema || Array.isArray(schema.enum);
    const result = hasOwnType ? intersection([this.#ownType(schema, context), combined]) : combined;
    return schema.nullable === true ? union([result, NULL], context.indent) : result;
  }

  /** The context of a part of an object or array. */
  nested(context) {
    return { indent: `${context.indent}  `, depth: context.depth + 1, alias: undefined };
  }

  #ownType(schema, context) {
    if ('const' in schema) return jsonType(schema.const);
    if (Array.isArray(schema.enum))
      return union(
        schema.enum.map((value) => jsonType(value)),
        context.indent,
      );
    const kinds = Array.isArray(schema.type) ? schema.type : [schema.type ?? shapeOf(schema)];
    return union(
      kinds.map((kind) => this.#kindType(kind, schema, context)),
      context.indent,
    );
  }

  #kindType(kind, schema, context) {
    if (kind === 'object') return objectType(this, schema, context);
    if (kind === 'array') return arrayType(this, schema, context);
    return typeof kind === 'string' && Object.hasOwn(PRIMITIVES, kind) ? PRIMITIVES[kind] : UNKNOWN;
  }

  #combinedTypes(schema, context) {
    const deeper = { ...context, depth: context.depth + 1 };
    const member = (branch) => this.typeOf(inherited(schema, branch), deeper);
    const types = REFERENCES.filter((name) => typeof schema[name] === 'string').map((name) =>
      this.#references.typeOf(schema[name], deeper),
    );
    if (Array.isArray(schema.allOf)) types.push(...schema.allOf.map(member));
    for (const branches of [schema.anyOf, schema.oneOf]) {
      if (Array.isArray(branches) && branches.length > 0) types.push(union(branches.map(member), context.indent));
    }
    return types;
  }
}

/** The type that the keywords of a schema without `type` imply: `object`, `array` or undefined. */
function shapeOf(schema) {
  const { properties, patternProperties, additionalProperties, required, items, prefixItems } = schema;
  if (isRecord(properties) || isRecord(patternProperties) || Array.isArray(required)) return 'object';
  if (additionalProperties !== undefined) return 'object';
  return items !== undefined || Array.isArray(prefixItems) ? 'array' : undefined;
}

/** A branch of `allOf`, `anyOf` or `oneOf`. A branch without a type of its own inherits the type of its parent. */
function inherited(schema, branch) {
  if (schema.type === undefined || !isRecord(branch)) return branch;
  const hasOwnType = ['type', 'const', 'enum', ...COMBINED].some((name) => name in branch);
  return hasOwnType ? branch : { type: schema.type, ...branch };
}
