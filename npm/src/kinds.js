// What kind of value something is, asked in many places.

export const isText = (value) => typeof value === 'string';
export const isFunction = (value) => typeof value === 'function';
export const isObject = (value) => typeof value === 'object' && value !== null;
/** A list, or an empty one for whatever else it is. */
export const listOf = (value) => (Array.isArray(value) ? value : []);
