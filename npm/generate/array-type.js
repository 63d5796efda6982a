// Arrays and tuples.

import { arrayOf, type, union, UNKNOWN } from './type.js';

const LONGEST_TUPLE = 32;

export function arrayType(types, schema, place) {
  const inside = types.inside(place);
  // Since 2020-12 a tuple is `prefixItems`; before, it was `items` as an array, with `additionalItems` for the rest.
  const isOld = Array.isArray(schema.items);
  const prefix = isOld ? schema.items : schema.prefixItems;
  const rest = isOld ? schema.additionalItems : schema.items;
  if (!Array.isArray(prefix) || prefix.length === 0) return arrayOf(itemsType(types, rest, inside, place));

  const elements = prefix.map((element) => types.typeOf(element, inside));
  const isOpen = rest !== false && !(Number.isInteger(schema.maxItems) && schema.maxItems <= prefix.length);
  const restType = isOpen ? itemsType(types, rest, inside, place) : undefined;
  if (elements.length > LONGEST_TUPLE) return arrayOf(union([...elements, restType ?? UNKNOWN], inside.indent));

  // Who writes a tuple without saying how long it is means all of it.
  const required = Number.isInteger(schema.minItems) ? schema.minItems : elements.length;
  const parts = elements.map((element, number) => {
    const isOptional = number >= required;
    return isOptional ? `${element.level === 'single' ? element.text : `(${element.text})`}?` : element.text;
  });
  if (restType !== undefined) parts.push(`...${arrayOf(restType).text}`);
  return type(`[${parts.join(', ')}]`, { isObject: true });
}

function itemsType(types, items, inside, place) {
  // The brackets stand on the array's own lines, so its items are not indented further.
  return items === undefined ? UNKNOWN : types.typeOf(items, { ...inside, indent: place.indent });
}
