// JSON values: what they are, and the type of exactly one, from `const` and `enum`.

import { literal, propertyName } from './text.js';
import { NULL, type, UNKNOWN } from './type.js';

const DEEPEST = 4;
const MOST_PARTS = 20;

/** Whether this is an object as JSON has it, not an array and not null. */
export function isRecord(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The type that only this value has. */
export function jsonType(value, depth = 0) {
  if (value === null) return NULL;
  if (typeof value === 'string') return type(literal(value));
  if (typeof value === 'boolean') return type(String(value));
  if (typeof value === 'number') return type(Number.isFinite(value) ? String(value) : 'number');
  if (typeof value !== 'object' || depth === DEEPEST) return UNKNOWN;

  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length > MOST_PARTS) return type(isArray ? 'unknown[]' : 'Record<string, unknown>', { isObject: true });
  const parts = entries.map(([name, part]) => {
    const { text } = jsonType(part, depth + 1);
    return isArray ? text : `${propertyName(name)}: ${text}`;
  });
  if (isArray) return type(`[${parts.join(', ')}]`, { isObject: true });
  return type(parts.length === 0 ? 'Record<string, never>' : `{ ${parts.join('; ')} }`, { isObject: true });
}
