// Loads the WebAssembly module once for all clients, and says what to do when it does not load.

import start, { Session } from '../pkg/mcp-autoheal.js';
import { MCPError } from './error.js';

let loading;

/** Resolves to the module's `Session`; rejects with a `MODULE_LOAD` error. A later client tries again. */
export function loadModule() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  const location = new URL('mcp-autoheal_bg.wasm', import.meta.url);
  let remedy = `Serve mcp-autoheal_bg.wasm at ${location.href}, beside mcp-autoheal.js.`;
  try {
    if (typeof WebAssembly === 'undefined') {
      remedy = 'This client needs a browser with WebAssembly, and one that has not switched it off.';
      throw new Error('WebAssembly does not exist here');
    }
    await start({ module_or_path: await bytes(location) });
    return Session;
  } catch (cause) {
    const reason = (cause?.message ?? String(cause)).replace(/\.+$/, '');
    if (/unsafe-eval|content security policy|\bcsp\b/i.test(reason)) {
      remedy = "Add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy.";
    }
    throw Object.assign(
      new MCPError('MODULE_LOAD', `The WebAssembly module could not be loaded: ${reason}. ${remedy}`),
      { cause },
    );
  }
}

/** The module's bytes, or the answer that carries them. */
async function bytes(location) {
  // Node's fetch knows no file: addresses. The built-in is asked for by name at run time, so that no bundler looks for it.
  const files = location.protocol === 'file:' && globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (files) return files.readFile(location);
  const response = await fetch(location);
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${location.href}`);
  return response;
}
