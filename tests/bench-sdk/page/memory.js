// The memory of the page: the JavaScript heap after a garbage collection, and all WebAssembly memories.

const memories = new Set();

// Records the memory of each module at its instantiation, because the client does not expose it. Must be imported
// before the clients.
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...details) => {
    const instantiated = await original.apply(WebAssembly, details);
    for (const exported of Object.values((instantiated.instance ?? instantiated).exports)) {
      if (exported instanceof WebAssembly.Memory) memories.add(exported);
    }
    return instantiated;
  };
}

/** Bytes of all WebAssembly memories, which never shrink. */
export function moduleBytes() {
  if (memories.size === 0) throw new Error('no WebAssembly memory found: this page has not loaded the module');
  return [...memories].reduce((total, memory) => total + memory.buffer.byteLength, 0);
}

/** Bytes of the heap and of all WebAssembly memories. */
export function pageBytes() {
  globalThis.gc();
  return performance.memory.usedJSHeapSize + moduleBytes();
}
