// Removes the bodies of functions that are only used for panics from a WebAssembly module: node snip-panics.mjs FROM TO
//
// A panic ends the module with a trap, and its message is not shown anywhere. The functions that format the message are
// a tenth of the module, because the compiler does not remove them. This script replaces the body of each of them by the
// trap. It does the same with functions of js-sys and wasm-bindgen for promises and closures, which this module does not
// use. wasm-opt, which runs afterwards, removes the functions that only they called.
//
// The functions are found by name, so the module needs its name section. The script fails if the names have changed, or
// if other code formats text and would lack these functions at run time.

import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

/** Functions for panics. They are called from everywhere and never return. */
const PANICS = /\bpanicking\b|\bpanic_|\brust_panic|begin_unwind|_fail\b|handle_error|handle_alloc_error|capacity_overflow/;
/** Functions that only panics use, as long as no other function calls them. */
const FORMATTING = /\bfmt::|\bPanicPayload\b|FormatStringPayload/;
const PROMISES = /\bjs_sys::futures::|\bwasm_bindgen::convert::closures::/;

/** The minimum numbers of functions. Fewer functions mean that the names have changed. */
const MIN_COUNTS = [[PANICS, 10], [FORMATTING, 10], [PROMISES, 10]];

const [, , from, to] = process.argv;
const module = binaryen.readBinary(readFileSync(from));

const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
).filter((info) => !info.module);
for (const [names, min] of MIN_COUNTS) {
    const count = functions.filter(({ name }) => names.test(name)).length;
    if (count < min) fail(`only ${count} functions match ${names}: the module has no names, or they have changed`);
}

const isUnusedWithoutPanics = (name) => FORMATTING.test(name) || PROMISES.test(name);
const isSnipped = (name) => PANICS.test(name) || isUnusedWithoutPanics(name);
// Parses the text format, because the library cannot traverse expressions.
const NAME = /\$(?:"((?:[^"\\]|\\.)*)"|([^\s()]+))/;
const CALL = new RegExp(String.raw`\((?:return_)?call ${NAME.source}`, 'g');
const bodies = module.emitText().split(/^ \(func (?=\$)/m).slice(1);
if (bodies.length !== functions.length) fail(`${bodies.length} of ${functions.length} functions were found in the text format`);
for (const body of bodies) {
    const [, quoted, plain] = NAME.exec(body);
    const caller = quoted ?? plain;
    const callees = Array.from(body.matchAll(CALL), ([, quoted, plain]) => quoted ?? plain);
    const missing = isSnipped(caller) ? undefined : callees.find(isUnusedWithoutPanics);
    if (missing) fail(`${caller} calls ${missing}, which this script would remove`);
}
for (let index = 0; index < module.getNumExports(); index++) {
    const { kind, value } = binaryen.getExportInfo(module.getExportByIndex(index));
    if (kind === binaryen.ExternalFunction && isSnipped(value)) fail(`${value} is exported`);
}

for (const { name, params, results } of functions.filter(({ name }) => isSnipped(name))) {
    module.removeFunction(name);
    module.addFunction(name, params, results, [], module.unreachable());
}
if (!module.validate()) fail('the resulting module is not valid');
// Keeps the names for profiles; wasm-opt removes them.
binaryen.setDebugInfo(true);
writeFileSync(to, module.emitBinary());

function fail(message) {
    console.error(`snip-panics: ${message}`);
    process.exit(1);
}
