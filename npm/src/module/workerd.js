// The module as an import: for Cloudflare Workers, which compile WebAssembly only before a worker starts.

import module from './mcp-autoheal_bg.wasm';

export { fetched as instantiate } from './fetched.js';

export const beside = () => module;
