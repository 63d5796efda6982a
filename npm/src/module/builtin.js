// Built-in modules of Node, Bun and Deno.

/** A built-in module, looked up by name at run time, so that bundlers do not look for it; undefined in browsers. */
export const builtin = (name) => globalThis.process?.getBuiltinModule?.(`node:${name}`);
