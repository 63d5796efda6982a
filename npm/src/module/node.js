// The module as a file, read by Node and Bun.

import { readFile } from 'node:fs/promises';

import { fetched } from './fetched.js';

export const beside = new URL('./mcp-autoheal_bg.wasm', import.meta.url);

/** Reads the module from a path or an address. */
export async function instantiate(location, imports) {
  if (/^https?:/.test(location)) return fetched(location, imports);
  return WebAssembly.instantiate(await readFile(/^file:/.test(location) ? new URL(location) : location), imports);
}
