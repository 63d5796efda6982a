// Copies of values of the page, as JSON can carry them. A copy is made at the call, so that later changes are not
// reported. It is bounded in depth, width and length, because the page stands still meanwhile.

import { attempted, classOf, isObject, read, textOf } from './type-checks.js';

/** Maximum nesting. The service reads six levels, of which a report's `context` is the first. */
const MAX_DEPTH = 5;
/** Maximum number of members of one list or object. */
const MAX_MEMBERS = 100;
/** Maximum length of one text, in UTF-16 units. */
const MAX_TEXT = 4_000;
/** Length of names and texts together after which the rest is left out, in UTF-16 units. A member counts eight more. */
const MAX_LENGTH = 16_000;
/** Replaces what is left out. The service uses the same. */
const CUT = '<cut>';
/** Members of events, responses and elements that describe a failure. */
const INHERITED = ['type', 'code', 'reason', 'status', 'url', 'src', 'target'];
/** A name that is only listed counts this part of a unit, because an engine lists all names of an object at once. */
const LISTED = 1 / 32;

/**
 * Copies a value, its upper levels first. Members with a name that matches `skipped` are left out, and those of the value
 * itself whose name matches `placed`.
 */
export function plain(root, skipped, placed) {
  let left = MAX_LENGTH;
  const queue = [];
  /** Copies a value, of which `around` are the lists and objects around it. Its own members are copied later. */
  const copyOf = (value, around) => {
    if (!isObject(value)) {
      if (value == null || value === !!value || Number.isFinite(value)) return value;
      // a text, or what JSON cannot carry: a function, a symbol, a BigInt, NaN
      const text = textOf(value);
      const start = text.slice(0, MAX_TEXT);
      left -= start.length;
      return start === text ? text : start + CUT;
    }
    const kind = classOf(value);
    if (ArrayBuffer.isView(value)) return `${kind}(${value.byteLength})`;
    if (around.includes(value)) return '<circular>';
    if (around.length === MAX_DEPTH || /Window|Scope/.test(kind)) return CUT;
    const path = [...around, value];
    const json = kind !== 'Error' && attempted(() => value.toJSON?.());
    if (json) return copyOf(json, path);
    // others that have a text, such as regular expressions
    if (!/^(Object|Error|Array|Map|Set)$/.test(kind) && /^[^[]/.test(textOf(value))) return copyOf(textOf(value));
    const copy = kind === 'Array' || kind === 'Set' ? [] : { __proto__: null };
    queue.push([copy, value, kind, path]);
    return copy;
  };
  const copied = copyOf(root, []);
  for (const [copy, value, kind, path] of queue) {
    let count = 0;
    attempted(() => {
      if (left < 0) return;
      const charge = (names) => (left -= names * LISTED);
      const members = /^(Array|Map|Set)$/.test(kind) ? value.entries() : membersOf(value, kind, charge);
      for (const [name, member] of members) {
        const text = textOf(name);
        if (skipped?.test(text) || (path.length === 1 && placed?.test(text))) continue;
        const isFull = (count += 1) > MAX_MEMBERS || left < 0;
        left -= text.length + 8;
        copy[Array.isArray(copy) ? count - 1 : text] = isFull ? CUT : copyOf(member, path);
        if (isFull) return;
      }
    });
  }
  return copied;
}

/** The members of an object that is no list. Of one of the browser, which may hold the whole page, a few are read. */
function membersOf(value, kind, charge) {
  let names = INHERITED;
  if (/^(Object|Error)$/.test(kind)) {
    names = Object.keys(value);
    charge(names.length);
    names = names.slice(0, MAX_MEMBERS + 1);
    if (kind === 'Error') names.unshift('name', 'message', 'stack', 'cause');
  }
  return names.map((name) => [name, read(value, name)]);
}
