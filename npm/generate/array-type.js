// TypeScript types of arrays and tuples.

import { arrayOf, type, union, UNKNOWN } from './type.js';

const MAX_TUPLE_LENGTH = 32;

export function arrayType(types, schema, context) {
  const nested = types.nested(context);
  // JSON Schema 2020-12 has `prefixItems` for a tuple. Older drafts have an array in `items`, and `additionalItems`.
  const isOlderDraft = Array.isArray(schema.items);
  const prefix = isOlderDraft ? schema.items : schema.prefixItems;
  const rest = isOlderDraft ? schema.additionalItems : schema.items;
  if (!Array.isArray(prefix) || prefix.length === 0) return arrayOf(itemsType(types, rest, nested, context));

  const elements = prefix.map((element) => types.typeOf(element, nested));
  const isOpen = rest !== false && !(Number.isInteger(schema.maxItems) && schema.maxItems <= prefix.length);
  const restType = isOpen ? itemsType(types, rest, nested, context) : undefined;
  if (elements.length > MAX_TUPLE_LENGTH) return arrayOf(union([...elements, restType ?? UNKNOWN], nested.indent));

  // A tuple without `minItems` is taken as complete: its authors nearly always mean all elements.
  const required = Number.isInteger(schema.minItems) ? schema.minItems : elements.length;
  const parts = elements.map((element, index) => {
    const isOptional = index >= required;
    return isOptional ? `${element.level === 'single' ? element.text : `(${element.text})`}?` : element.text;
  });
  if (restType !== undefined) parts.push(`...${arrayOf(restType).text}`);
  return type(`[${parts.join(', ')}]`, { isObject: true });
}

function itemsType(types, items, nested, context) {
  // The brackets of an array add no line, so its items keep the indent of the array.
  return items === undefined ? UNKNOWN : types.typeOf(items, { ...nested, indent: context.indent });
}
