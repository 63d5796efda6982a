// The module inside the script, compressed: base64 of the bare module would be a fifth more to transfer, and twice the
// text to parse. For scripts, for Node, Bun and Deno, and for bundlers that copy no files.

import packed from '../../pkg/mcp-autoheal_bg.wasm.gz';
import { builtin } from './builtin.js';
import { fetched } from './fetched.js';

/** No address: the module is in the script. */
export const beside = () => '';

export async function instantiate(location, imports) {
  if (!location) return WebAssembly.instantiate(await unpacked(), imports).catch(advise);
  // Outside of a page, a location without a scheme is a path. The scheme of a path on Windows is one letter.
  const isPath = !globalThis.location && !/^\w\w+:/.test(location);
  return fetched((isPath && builtin('url')?.pathToFileURL(location)) || location, imports);
}

async function unpacked() {
  // Test runners that imitate a browser in Node may lack streams.
  const zlib = builtin('zlib');
  if (zlib) return zlib.gunzipSync(builtin('buffer').Buffer.from(packed, 'base64'));
  const bytes = Uint8Array.fromBase64?.(packed) ?? Uint8Array.from(atob(packed), (letter) => letter.charCodeAt());
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

/** Cloudflare Workers compile WebAssembly only before they start. */
function advise(error) {
  if (!/by embedder/.test(error.message)) throw error;
  const advice = 'in Cloudflare Workers, import mcp-autoheal, or set the option wasmUrl to an imported module';
  throw new Error(`${error.message}: ${advice}`, { cause: error });
}
