// JSON values: a check for objects, and the TypeScript type of a single value of `const` or `enum`.

import { literal, propertyName } from './text.js';
import { NULL, type, UNKNOWN } from './type.js';

const MAX_DEPTH = 4;
const MAX_MEMBERS = 20;

/** True for a JSON object, which is neither an array nor null. */
export function isRecord(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The TypeScript type whose only value is `value`. */
export function jsonType(value, depth = 0) {
  if (value === null) return NULL;
  if (typeof value === 'string') return type(literal(value));
  if (typeof value === 'boolean') return type(String(value));
  if (typeof value === 'number') return type(Number.isFinite(value) ? String(value) : 'number');
  if (typeof value !== 'object' || depth === MAX_DEPTH) return UNKNOWN;

  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length > MAX_MEMBERS) return type(isArray ? 'unknown[]' : 'Record<string, unknown>', { isObject: true });
  const parts = entries.map(([name, part]) => {
    const { text } = jsonType(part, depth + 1);
    return isArray ? text : `${propertyName(name)}: ${text}`;
  });
  if (isArray) return type(`[${parts.join(', ')}]`, { isObject: true });
  return type(parts.length === 0 ? 'Record<string, never>' : `{ ${parts.join('; ')} }`, { isObject: true });
}
