// Type checks that many files need. They name no constructors, because those of another realm are others.

export const isText = (value) => typeof value === 'string';
export const isName = (value) => isText(value) && value !== '';
export const isFunction = (value) => typeof value === 'function';
export const isObject = (value) => typeof value === 'object' && value !== null;
/** The value if it is an array, otherwise an empty array. */
export const listOf = (value) => (Array.isArray(value) ? value : []);

/** The result of a function that reads a value of the page, which may throw; undefined if it does. */
export function attempted(reading) {
  try {
    return reading();
  } catch {
    return undefined;
  }
}

/** A member of a value of the page; undefined if reading it throws. */
export const read = (value, name) => attempted(() => value?.[name]);
/** A value of the page as text; empty if it cannot be turned into text. */
export const textOf = (value) => attempted(() => String(value)) ?? '';
/** The class of a built-in object, in every realm, such as `Error`; `Object` for most others. */
export const classOf = (value) => attempted(() => ({}).toString.call(value).slice(8, -1)) ?? '';
