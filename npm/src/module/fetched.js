// The module from an address. It is not compiled while it arrives, because it is too small for that to save time.

import { builtin } from './builtin.js';

export async function fetched(location, imports) {
  // Test runners that imitate a browser load this entry in Node, whose fetch has no file: addresses.
  const files = /^file:/.test(location) && builtin('fs');
  if (files) return WebAssembly.instantiate(files.readFileSync(builtin('url').fileURLToPath(`${location}`)), imports);
  const response = await fetch(location, { signal: AbortSignal.timeout?.(30_000) });
  const type = response.headers.get('content-type') ?? 'no type';
  // Many servers respond with their start page, status 200, to every unknown path.
  if (!response.ok || /html/.test(type)) throw new Error(`HTTP ${response.status} (${type}) for ${location}`);
  return WebAssembly.instantiate(await response.arrayBuffer(), imports);
}
