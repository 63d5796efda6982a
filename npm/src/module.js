// Loading of the WebAssembly module, once for all clients, with advice when it fails.

import { imports, start } from '../pkg/glue.js';
import { MCPError } from './error.js';
import { isCompiled } from './settings.js';
// The build replaces this name by a file of module/: each entry of the package finds the module in another way.
import { beside, instantiate } from 'module-source';

const BROWSERS = 'It runs in Chrome 103, Firefox 113, Safari 16.4 and newer, with WebAssembly switched on.';

let loading;

/**
 * Resolves when the module's classes can be used; rejects with a `MODULE_LOAD` error. All clients share one module, the
 * first that loads. After a failure a later client tries again, with its own `wasmUrl`.
 */
export function loadModule(wasmUrl) {
  loading ??= load(wasmUrl).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(location) {
  try {
    location ??= beside();
    const made = isCompiled(location) ? WebAssembly.instantiate : instantiate;
    const loaded = await made(location, imports());
    start(loaded.instance ?? loaded);
  } catch (cause) {
    const reason = (cause?.message ?? String(cause)).replace(/\.+$/, '');
    const message = `The WebAssembly module could not be loaded: ${reason}. ${adviceFor(location, cause, reason)}`;
    throw new MCPError('MODULE_LOAD', message, undefined, cause);
  }
}

function adviceFor(location, cause, reason) {
  if (/unsafe-eval|content security policy|\bcsp\b/i.test(reason)) {
    return "Add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy.";
  }
  if (location === '' || typeof WebAssembly === 'undefined') return BROWSERS;
  const serve = location ? `Serve mcp-autoheal_bg.wasm at ${location}, beside mcp-autoheal.js, set` : 'Set';
  const advice = `${serve} the option wasmUrl to its address, or import mcp-autoheal/inline, which contains it.`;
  // Engines have no common way to distinguish a file that is not WebAssembly from a feature they lack.
  return cause?.name === 'CompileError' ? `${advice} ${BROWSERS}` : advice;
}
