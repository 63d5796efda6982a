// The module as a file beside the entry: for pages, and for bundlers that recognise `new URL(…, import.meta.url)`.

export { fetched as instantiate } from './fetched.js';

/** The address of the file. Called when it is needed, because it throws in a bundle that is no ES module. */
export const beside = () => new URL('./mcp-autoheal_bg.wasm', import.meta.url);
