// Types as text, with what has to be known of them to put them together.

/**
 * `text` is TypeScript; `level` says whether it needs parentheses; `variants` is how many members a union has once it
 * is multiplied out, which the compiler limits; `isObject` whether every value of it is an object; `emptyIsValid`
 * whether `{}` is a value of it.
 */
export function type(text, { level = 'single', variants = 1, isObject = false, emptyIsValid = false } = {}) {
  return { text, level, variants, isObject, emptyIsValid };
}

export const UNKNOWN = type('unknown');
export const NEVER = type('never');
export const NULL = type('null');
export const ANY_RECORD = type('Record<string, unknown>', { isObject: true, emptyIsValid: true });

const MOST_MEMBERS = 500; // of one union: what is longer, nobody reads
const MOST_VARIANTS = 2000; // the compiler gives up on some 100 000
const WIDTH = 90;

export function union(types, indent = '') {
  const members = distinct(types.filter((member) => member.text !== 'never'));
  if (members.some((member) => member.text === 'unknown')) return UNKNOWN;
  if (members.length === 0) return NEVER;
  if (members.length === 1) return members[0];
  const isObject = members.every((member) => member.isObject);
  const variants = members.reduce((sum, member) => sum + member.variants, 0);
  if (members.length > MOST_MEMBERS || variants > MOST_VARIANTS) return isObject ? ANY_RECORD : UNKNOWN;

  const texts = members.map((member) => (member.level === 'intersection' ? `(${member.text})` : member.text));
  const short = texts.join(' | ');
  const fits = short.length + indent.length <= WIDTH && !short.includes('\n');
  const text = fits ? short : texts.map((member) => `\n${indent}  | ${member.replaceAll('\n', '\n    ')}`).join('');
  return type(text, { level: 'union', variants, isObject });
}

export function intersection(types) {
  const members = distinct(types.filter((member) => member.text !== 'unknown'));
  if (members.some((member) => member.text === 'never')) return NEVER;
  if (members.length === 0) return UNKNOWN;
  if (members.length === 1) return members[0];
  const isObject = members.some((member) => member.isObject);
  const variants = members.reduce((product, member) => product * member.variants, 1);
  if (members.length > MOST_MEMBERS || variants > MOST_VARIANTS) return isObject ? ANY_RECORD : UNKNOWN;
  const text = members.map((member) => (member.level === 'union' ? `(${member.text})` : member.text)).join(' & ');
  return type(text, { level: 'intersection', variants, isObject });
}

export function arrayOf(items) {
  return type(items.level === 'single' ? `${items.text}[]` : `(${items.text})[]`, { isObject: true });
}

function distinct(types) {
  return [...new Map(types.map((member) => [member.text, member])).values()];
}
