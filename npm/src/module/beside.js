// The module as a file beside the entry: for pages, and for bundlers that know `new URL(…, import.meta.url)`.

import { fetched } from './fetched.js';

export const beside = new URL('./mcp-autoheal_bg.wasm', import.meta.url);

export async function instantiate(location, imports) {
  // Test runners that play a browser take this entry in Node, whose fetch knows no file: addresses. The built-in is
  // asked for by name at run time, so that no bundler looks for it.
  const files = /^file:/.test(location) && globalThis.process?.getBuiltinModule?.('node:fs/promises');
  return files
    ? WebAssembly.instantiate(await files.readFile(new URL(location)), imports)
    : fetched(location, imports);
}
