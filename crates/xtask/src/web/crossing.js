// What crosses between the page and the module's memory: bytes, texts, and values in the module's table.
//
// The build puts this in place of the helpers wasm-bindgen generates. Text crosses when a call fails or an event stream
// is read, never for a call that succeeds, so short beats fast here.

let wasm;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
// An object the page has lost is freed in the module too. All browsers that run the module have this registry.
const lost = new FinalizationRegistry(([free, pointer]) => free(pointer, 1));

export function start(instance) {
  wasm = instance.exports;
  wasm.__wbindgen_start();
}

function owned(object, free, pointer) {
  lost.register(object, [free, pointer]);
  return pointer;
}

// Looked up anew every time: memory that has grown is another buffer.
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

/** Nothing, where a text may be missing, is told as a pointer of 0. */
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

/** Writes where a text lies to a place the module names. The text is passed first: that may make the memory grow. */
function giveText(place, text) {
  const pair = passText(text);
  new Int32Array(wasm.memory.buffer, place >>> 0, 2).set(pair);
}

function passValue(value) {
  const place = wasm.__externref_table_alloc();
  wasm.__wbindgen_externrefs.set(place, value);
  return place;
}

function isNone(value) {
  return value == null;
}

/** What a call throws that the module asked to hear of. */
function caught(call) {
  try {
    call();
  } catch (error) {
    wasm.__wbindgen_exn_store(passValue(error));
  }
}
