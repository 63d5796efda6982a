// Passes bytes and texts between the page and the module's memory.
//
// The build puts this code in place of the helpers that wasm-bindgen generates. Text is passed only when a call fails
// or an event stream is read, not for a call that succeeds, so this code is short rather than fast.

let wasm;

// Made when the module starts, so that an import cannot fail: imitations of a browser lack some of these classes.
let encoder;
let decoder;
let finalizers;

export function start(instance) {
  // Jest's imitation of a browser has no encoder, but Node has.
  const classes = globalThis.TextEncoder ? globalThis : globalThis.process.getBuiltinModule('node:util');
  encoder = new classes.TextEncoder();
  decoder = new classes.TextDecoder();
  // Frees the module's object when the JavaScript object is collected.
  finalizers = new FinalizationRegistry(([free, pointer]) => free(pointer, 1));
  wasm = instance.exports;
  wasm.__wbindgen_start();
}

function owned(object, free, pointer) {
  finalizers.register(object, [free, pointer]);
  return pointer;
}

// The buffer is read each time, because memory that has grown has another buffer.
function bytesAt(pointer, length) {
  return new Uint8Array(wasm.memory.buffer, pointer >>> 0, length);
}

function textAt(pointer, length) {
  return decoder.decode(bytesAt(pointer, length));
}

function passBytes(bytes) {
  const { length } = bytes;
  const pointer = wasm.__wbindgen_malloc(length, 1);
  bytesAt(pointer, length).set(bytes);
  return [pointer, length];
}

/** A missing text is passed as a pointer of 0. */
function passText(text) {
  return text == null ? [0, 0] : passBytes(encoder.encode(text));
}

function takeBytes([pointer, length]) {
  if (!pointer) return undefined;
  const bytes = bytesAt(pointer, length).slice();
  wasm.__wbindgen_free(pointer, length, 1);
  return bytes;
}

function takeText(place) {
  const bytes = takeBytes(place);
  return bytes && decoder.decode(bytes);
}

/** Passes a text and writes its pointer and length to `place`. Passing comes first, because it may grow the memory. */
function giveText(place, text) {
  const pair = passText(text);
  new Int32Array(wasm.memory.buffer, place >>> 0, 2).set(pair);
}

function isNone(value) {
  return value == null;
}
