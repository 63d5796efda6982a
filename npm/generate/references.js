// `$ref`: each referenced schema becomes one type alias, even if it is used several times or refers to itself.

import { isRecord } from './json-type.js';
import { docLines } from './text.js';
import { type, UNKNOWN } from './type.js';
import { pascalCase } from './names.js';

const MAX_ANCHOR_SEARCH = 20_000; // schemas checked for an anchor

export class References {
  #types;
  #prefix;
  #names;
  #targets = new Map(); // pointer → {name, schema, type}
  // Alias → the aliases that its type consists of outside of objects and arrays. The compiler refuses a cycle of them.
  #bases = new Map();

  constructor(types, prefix, names) {
    this.#types = types;
    this.#prefix = prefix;
    this.#names = names;
  }

  typeOf(reference, context) {
    const found = this.#find(reference);
    if (found === undefined) return UNKNOWN;
    const name = found.pointer === '' ? this.#types.rootName : this.#target(found).name;
    if (context.alias === undefined) return type(name);

    if (this.#consistsOf(name, context.alias)) return UNKNOWN; // the alias would be a cycle
    if (!this.#bases.has(context.alias)) this.#bases.set(context.alias, new Set());
    this.#bases.get(context.alias).add(name);
    const target = found.pointer === '' ? this.#types.rootType : this.#targetType(this.#target(found), context.depth);
    const { variants, isObject, emptyIsValid } = target;
    return type(name, { variants, isObject, emptyIsValid });
  }

  /** The declarations of all referenced schemas, including schemas that only other referenced schemas use. */
  get declarations() {
    for (const target of this.#targets.values()) this.#targetType(target, 0); // adds to the map, and the loop continues
    return [...this.#targets.values()].map(({ name, schema, type: { text } }) => ({
      name,
      text,
      doc: docLines(schema.description ?? schema.title),
    }));
  }

  #target({ pointer, schema }) {
    const known = this.#targets.get(pointer);
    if (known !== undefined) return known;
    const last = unescaped(pointer.slice(pointer.lastIndexOf('/') + 1));
    const target = { name: this.#names.claim(this.#prefix + pascalCase(last, 'Part')), schema, type: undefined };
    this.#targets.set(pointer, target);
    return target;
  }

  #targetType(target, depth) {
    target.type ??= this.#types.typeOf(target.schema, { indent: '', depth, alias: target.name });
    return target.type;
  }

  /** True if the alias `name` consists of the alias `part`, directly or through other aliases. */
  #consistsOf(name, part) {
    const seen = new Set([name]);
    for (const next of seen) {
      if (next === part) return true;
      for (const base of this.#bases.get(next) ?? []) seen.add(base); // the outer loop visits it too
    }
    return false;
  }

  /** The referenced schema and the JSON pointer to it; undefined for a schema in another document. */
  #find(reference) {
    const { root } = this.#types;
    const isAbsolute = typeof root.$id === 'string' && reference.startsWith(root.$id);
    const fragment = isAbsolute ? reference.slice(root.$id.length) : reference;
    if (fragment === '' || fragment === '#') return { pointer: '', schema: root };
    if (!fragment.startsWith('#')) return undefined;
    if (!fragment.startsWith('#/')) return findAnchor(root, fragment.slice(1));

    let schema = root;
    const names = decoded(fragment).slice(2).split('/');
    for (const name of names.map(unescaped)) {
      if (schema === null || typeof schema !== 'object' || !Object.hasOwn(schema, name)) return undefined;
      schema = schema[name];
    }
    return isRecord(schema) ? { pointer: `/${names.join('/')}`, schema } : undefined;
  }
}

function findAnchor(root, anchor) {
  const candidates = [{ pointer: '', schema: root }];
  for (let index = 0; index < candidates.length && index < MAX_ANCHOR_SEARCH; index += 1) {
    const { pointer, schema } = candidates[index];
    if (schema.$anchor === anchor || schema.$dynamicAnchor === anchor) return candidates[index];
    for (const [name, part] of Object.entries(schema)) {
      const step = name.replaceAll('~', '~0').replaceAll('/', '~1');
      if (part !== null && typeof part === 'object') candidates.push({ pointer: `${pointer}/${step}`, schema: part });
    }
  }
  return undefined;
}

function unescaped(name) {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

function decoded(reference) {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}
