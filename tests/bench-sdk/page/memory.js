// How much memory the page holds: JavaScript's heap after a collection, and every WebAssembly memory.

const memories = new Set();

// Modules keep their memory to themselves, so it is noted when they come to life. Imported before any client.
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...given) => {
    const made = await original.apply(WebAssembly, given);
    for (const exported of Object.values((made.instance ?? made).exports)) {
      if (exported instanceof WebAssembly.Memory) memories.add(exported);
    }
    return made;
  };
}

/** Bytes of all WebAssembly memories, which never shrink. */
export function moduleBytes() {
  if (memories.size === 0) throw new Error('no WebAssembly memory was seen: the module was not loaded by this page');
  return [...memories].reduce((total, memory) => total + memory.buffer.byteLength, 0);
}

/** Bytes of both kinds. */
export function pageBytes() {
  globalThis.gc();
  return performance.memory.usedJSHeapSize + moduleBytes();
}
