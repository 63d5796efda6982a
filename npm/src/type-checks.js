// Type checks that many files need.

export const isText = (value) => typeof value === 'string';
export const isFunction = (value) => typeof value === 'function';
export const isObject = (value) => typeof value === 'object' && value !== null;
/** The value if it is an array, otherwise an empty array. */
export const listOf = (value) => (Array.isArray(value) ? value : []);
