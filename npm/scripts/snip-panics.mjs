// Takes the bodies of functions that only serve panics out of a WebAssembly module: node snip-panics.mjs FROM TO
//
// A panic ends the module with a trap, and nobody reads its message: there is no console behind it. What words the
// message is a tenth of the module all the same, because the compiler cannot know. Here each of these functions becomes
// the trap it ends in. The same goes for what JavaScript's libraries for Rust bring along for promises and closures,
// which nothing in this module makes. wasm-opt, which runs afterwards, drops whatever only they had called.
//
// The functions are found by their names, so the module needs its name section. All that could go wrong is checked:
// names that have changed, and code that does format text, whose functions would be missing at run time.

import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

/** Where panics end up: called from everywhere, and never to return. */
const PANICS = /\bpanicking\b|\bpanic_|\brust_panic|begin_unwind|_fail\b|handle_error|handle_alloc_error|capacity_overflow/;
/** What is left over for panics alone, as long as nothing else calls it. */
const FORMATTING = /\bfmt::|\bPanicPayload\b|FormatStringPayload/;
const PROMISES = /\bjs_sys::futures::|\bwasm_bindgen::convert::closures::/;

/** Fewer than these are there only if names are no longer what they were. */
const LEAST = [[PANICS, 10], [FORMATTING, 10], [PROMISES, 10]];

const [, , from, to] = process.argv;
const module = binaryen.readBinary(readFileSync(from));

const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
).filter((info) => !info.module);
for (const [names, least] of LEAST) {
    const count = functions.filter(({ name }) => names.test(name)).length;
    if (count < least) fail(`only ${count} functions match ${names}: the module has no names, or they have changed`);
}

const isLeftOver = (name) => FORMATTING.test(name) || PROMISES.test(name);
const isSnipped = (name) => PANICS.test(name) || isLeftOver(name);
// From text, since the library walks no expressions.
const NAME = /\$(?:"((?:[^"\\]|\\.)*)"|([^\s()]+))/;
const CALL = new RegExp(String.raw`\((?:return_)?call ${NAME.source}`, 'g');
const bodies = module.emitText().split(/^ \(func (?=\$)/m).slice(1);
if (bodies.length !== functions.length) fail(`${bodies.length} of ${functions.length} functions can be read as text`);
for (const body of bodies) {
    const [, quoted, plain] = NAME.exec(body);
    const caller = quoted ?? plain;
    const callees = Array.from(body.matchAll(CALL), ([, quoted, plain]) => quoted ?? plain);
    const missing = isSnipped(caller) ? undefined : callees.find(isLeftOver);
    if (missing) fail(`${caller} calls ${missing}, which would be gone`);
}
for (let index = 0; index < module.getNumExports(); index++) {
    const { kind, value } = binaryen.getExportInfo(module.getExportByIndex(index));
    if (kind === binaryen.ExternalFunction && isSnipped(value)) fail(`${value} is exported`);
}

for (const { name, params, results } of functions.filter(({ name }) => isSnipped(name))) {
    module.removeFunction(name);
    module.addFunction(name, params, results, [], module.unreachable());
}
if (!module.validate()) fail('the module that was made is not valid');
// for profiles; wasm-opt strips the names
binaryen.setDebugInfo(true);
writeFileSync(to, module.emitBinary());

function fail(why) {
    console.error(`snip-panics: ${why}`);
    process.exit(1);
}
