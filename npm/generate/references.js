// `$ref`: each schema referred to becomes a type with a name, once, however often and however recursively it is used.

import { isRecord } from './json-type.js';
import { docLines } from './text.js';
import { type, UNKNOWN } from './type.js';
import { pascalCase } from './names.js';

const MOST_PLACES = 20_000; // looked at for an anchor

export class References {
  #types;
  #prefix;
  #names;
  #targets = new Map(); // pointer → {name, schema, made}
  #bases = new Map(); // name → the names its type is made of directly, which must never lead back to it

  constructor(types, prefix, names) {
    this.#types = types;
    this.#prefix = prefix;
    this.#names = names;
  }

  typeOf(reference, place) {
    const found = this.#find(reference);
    if (found === undefined) return UNKNOWN;
    const name = found.pointer === '' ? this.#types.rootName : this.#target(found).name;
    if (place.within === undefined) return type(name);

    if (this.#isMadeOf(name, place.within)) return UNKNOWN; // it would be nothing but itself
    if (!this.#bases.has(place.within)) this.#bases.set(place.within, new Set());
    this.#bases.get(place.within).add(name);
    const made = found.pointer === '' ? this.#types.rootMade : this.#made(this.#target(found), place.depth);
    const { variants, isObject, emptyIsValid } = made;
    return type(name, { variants, isObject, emptyIsValid });
  }

  /** Everything referred to, with what it refers to in turn. */
  get declarations() {
    for (const target of this.#targets.values()) this.#made(target, 0); // the map grows meanwhile
    return [...this.#targets.values()].map(({ name, schema, made }) => ({
      name,
      text: made.text,
      doc: docLines(schema.description ?? schema.title),
    }));
  }

  #target({ pointer, schema }) {
    const known = this.#targets.get(pointer);
    if (known !== undefined) return known;
    const last = unescaped(pointer.slice(pointer.lastIndexOf('/') + 1));
    const target = { name: this.#names.claim(this.#prefix + pascalCase(last, 'Part')), schema, made: undefined };
    this.#targets.set(pointer, target);
    return target;
  }

  #made(target, depth) {
    target.made ??= this.#types.typeOf(target.schema, { indent: '', depth, within: target.name });
    return target.made;
  }

  #isMadeOf(name, part) {
    const seen = new Set([name]);
    for (const next of seen) {
      if (next === part) return true;
      for (const base of this.#bases.get(next) ?? []) seen.add(base); // the loop comes to them
    }
    return false;
  }

  /** The schema meant, and the pointer to it. What lies in another document is not looked for. */
  #find(reference) {
    const { root } = this.#types;
    const own = typeof root.$id === 'string' && reference.startsWith(root.$id) ? root.$id.length : 0;
    const rest = reference.slice(own);
    if (rest === '' || rest === '#') return { pointer: '', schema: root };
    if (!rest.startsWith('#')) return undefined;
    if (!rest.startsWith('#/')) return findAnchor(root, rest.slice(1));

    let schema = root;
    const names = decoded(rest).slice(2).split('/');
    for (const name of names.map(unescaped)) {
      if (schema === null || typeof schema !== 'object' || !Object.hasOwn(schema, name)) return undefined;
      schema = schema[name];
    }
    return isRecord(schema) ? { pointer: `/${names.join('/')}`, schema } : undefined;
  }
}

function findAnchor(root, anchor) {
  const places = [{ pointer: '', schema: root }];
  for (let next = 0; next < places.length && next < MOST_PLACES; next += 1) {
    const { pointer, schema } = places[next];
    if (schema.$anchor === anchor || schema.$dynamicAnchor === anchor) return places[next];
    for (const [name, part] of Object.entries(schema)) {
      const step = name.replaceAll('~', '~0').replaceAll('/', '~1');
      if (part !== null && typeof part === 'object') places.push({ pointer: `${pointer}/${step}`, schema: part });
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
