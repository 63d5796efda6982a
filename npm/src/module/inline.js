// The module inside the script, compressed: base64 of the bare module would be a fifth more to transfer, and twice the
// text to parse.

import packed from '../../pkg/mcp-autoheal_bg.wasm.gz';
import { fetched } from './fetched.js';

export const beside = undefined;

export async function instantiate(location, imports) {
  if (location) return fetched(location, imports);
  const bytes = Uint8Array.fromBase64?.(packed) ?? Uint8Array.from(atob(packed), (letter) => letter.charCodeAt());
  const module = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return WebAssembly.instantiate(await new Response(module).arrayBuffer(), imports);
}
