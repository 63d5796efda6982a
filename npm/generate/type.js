// TypeScript types as text, with the facts needed to combine them.

/**
 * A type. `text` is TypeScript. `level` is `single`, `union` or `intersection` and decides about parentheses.
 * `variants` is the number of members once intersections of unions are multiplied out, which the compiler limits.
 * `isObject`: every value is an object or an array. `emptyIsValid`: `{}` is a value.
 */
export function type(text, { level = 'single', variants = 1, isObject = false, emptyIsValid = false } = {}) {
  return { text, level, variants, isObject, emptyIsValid };
}

export const UNKNOWN = type('unknown');
export const NEVER = type('never');
export const NULL = type('null');
export const ANY_RECORD = type('Record<string, unknown>', { isObject: true, emptyIsValid: true });

const MAX_MEMBERS = 500; // of one union or intersection; a longer one is not readable
const MAX_VARIANTS = 2000; // the compiler refuses about 100 000
const WIDTH = 90;

export function union(types, indent = '') {
  const members = distinct(types.filter((member) => member.text !== 'never'));
  if (members.some((member) => member.text === 'unknown')) return UNKNOWN;
  if (members.length === 0) return NEVER;
  if (members.length === 1) return members[0];
  const isObject = members.every((member) => member.isObject);
  const variants = members.reduce((sum, member) => sum + member.variants, 0);
  if (members.length > MAX_MEMBERS || variants > MAX_VARIANTS) return isObject ? ANY_RECORD : UNKNOWN;

  const texts = members.map((member) => (member.level === 'intersection' ? `(${member.text})` : member.text));
  const line = texts.join(' | ');
  const fits = line.length + indent.length <= WIDTH && !line.includes('\n');
  const text = fits ? line : texts.map((member) => `\n${indent}  | ${member.replaceAll('\n', '\n    ')}`).join('');
  return type(text, { level: 'union', variants, isObject });
}

export function intersection(types) {
  const members = distinct(types.filter((member) => member.text !== 'unknown'));
  if (members.some((member) => member.text === 'never')) return NEVER;
  if (members.length === 0) return UNKNOWN;
  if (members.length === 1) return members[0];
  const isObject = members.some((member) => member.isObject);
  const variants = members.reduce((product, member) => product * member.variants, 1);
  if (members.length > MAX_MEMBERS || variants > MAX_VARIANTS) return isObject ? ANY_RECORD : UNKNOWN;
  const text = members.map((member) => (member.level === 'union' ? `(${member.text})` : member.text)).join(' & ');
  return type(text, { level: 'intersection', variants, isObject });
}

export function arrayOf(items) {
  return type(items.level === 'single' ? `${items.text}[]` : `(${items.text})[]`, { isObject: true });
}

function distinct(types) {
  return [...new Map(types.map((member) => [member.text, member])).values()];
}
