// The module as a file beside the entry: for pages, and for bundlers that recognise `new URL(…, import.meta.url)`.

import { fetched } from './fetched.js';

export const beside = new URL('./mcp-autoheal_bg.wasm', import.meta.url);

export async function instantiate(location, imports) {
  // Test runners that imitate a browser load this entry in Node, whose fetch has no file: addresses. The built-in is
  // looked up by name at run time, so that bundlers do not look for it.
  const files = /^file:/.test(location) && globalThis.process?.getBuiltinModule?.('node:fs/promises');
  return files
    ? WebAssembly.instantiate(await files.readFile(new URL(location)), imports)
    : fetched(location, imports);
}
