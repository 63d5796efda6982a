// Loads the WebAssembly module once for all clients, and says what to do when it does not load.

import { imports, start } from '../pkg/glue.js';
import { MCPError } from './error.js';
// Where the module comes from differs from entry to entry, so the build names the file: one of those in module/.
import { beside, instantiate } from 'module-source';

const BROWSERS = 'It runs in Chrome 103, Firefox 113, Safari 16.4 and newer, with WebAssembly switched on.';

let loading;

/**
 * Resolves when the module's classes can be used; rejects with a `MODULE_LOAD` error. All clients share one module, the
 * first that loads; after a failure a later client tries again, with its own `wasmUrl`.
 */
export function loadModule(wasmUrl) {
  loading ??= load(wasmUrl ?? beside).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(location) {
  try {
    start((await instantiate(location, imports())).instance);
  } catch (cause) {
    const reason = (cause?.message ?? String(cause)).replace(/\.+$/, '');
    const message = `The WebAssembly module could not be loaded: ${reason}. ${remedy(location, cause, reason)}`;
    throw new MCPError('MODULE_LOAD', message, undefined, cause);
  }
}

function remedy(location, cause, reason) {
  if (/unsafe-eval|content security policy|\bcsp\b/i.test(reason)) {
    return "Add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy.";
  }
  if (!location || typeof WebAssembly === 'undefined') return BROWSERS;
  const serve =
    `Serve mcp-autoheal_bg.wasm at ${location}, beside mcp-autoheal.js, or name its address in the option wasmUrl.`;
  // Not WebAssembly at all, or a kind this browser does not know: the engines tell the two apart in no common way.
  return cause?.name === 'CompileError' ? `${serve} ${BROWSERS}` : serve;
}
