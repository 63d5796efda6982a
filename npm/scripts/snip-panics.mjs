// Removes the bodies of functions that are only used for panics from a WebAssembly module: node snip-panics.mjs FROM TO
//
// A panic ends the module with a trap, and its message is not shown anywhere. The functions that format the message are
// a tenth of the module, because the compiler does not remove them. This script replaces the body of each of them by the
// trap. It does the same with functions of js-sys and wasm-bindgen for promises and closures, which this module does not
// use. wasm-opt, which runs afterwards, removes the functions that only they called. The texts of the messages stay in the
// module's data, because wasm-opt does not know what reads them. This script overwrites them with zeros.
//
// The functions are found by name, so the module needs its name section. The script fails if the names have changed, or
// if other code formats text and would lack these functions at run time.

import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

/** Functions for panics. They are called from everywhere and never return. */
const PANICS = new RegExp(
    [
        String.raw`\bpanicking\b|\bpanic_|\brust_panic|begin_unwind|_fail\b|_failed\b|\bthrow_`,
        'handle_error|handle_alloc_error|capacity_overflow',
    ].join('|'),
);
/** Functions that only panics use, as long as no other function calls them. */
const FORMATTING = /\bfmt::|\bPanicPayload\b|FormatStringPayload/;
const PROMISES = /\bjs_sys::futures::|\bwasm_bindgen::convert::closures::/;

/** Texts and a table that only messages of panics contain. */
const MESSAGES = [
    ...['attempted to take ownership of Rust value while it was borrowed', 'null pointer passed to rust', 'mid > len'],
    ...['recursive use of an object detected which would lead to unsafe aliasing in rust', 'capacity overflow'],
    ...['assertion failed: self.is_char_boundary(new_len)', 'removal index (is ', ') should be < len (is '],
    ...['Tried to shrink to a larger capacity', 'closure invoked recursively or after being dropped'],
    ...['called `Option::unwrap_throw()` on a `None` value', 'called `Result::unwrap_throw()` on an `Err` value'],
    ...['RefCell already mutably borrowed', 'RefCell already borrowed'],
    Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0')).join(''),
];

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
const binary = Buffer.from(module.emitBinary());
let places = 0;
for (const { data, address } of dataSegments(binary)) places += eraseMessages(data, address);
if (!places) fail('no place in a source file was found: the data of panics has changed');
writeFileSync(to, binary);

/** The data of a module, in place: each segment's bytes, and its address in the memory. */
function* dataSegments(binary) {
    const DATA = 11, ACTIVE = 0, I32_CONST = 0x41, END = 0x0b;
    let at = 8;
    const number = () => {
        for (let value = 0, shift = 0; ; shift += 7) {
            const byte = binary[at++];
            value |= (byte & 127) << shift;
            if (byte < 128) return value;
        }
    };
    while (at < binary.length) {
        const id = binary[at++];
        const end = number() + at;
        for (let left = id === DATA ? number() : 0; left > 0; left--) {
            if (number() !== ACTIVE || binary[at++] !== I32_CONST) fail('the module has data of an unknown kind');
            const address = number();
            if (binary[at++] !== END) fail('the address of data is not a constant');
            const length = number();
            yield { data: binary.subarray(at, at + length), address };
            at += length;
        }
        at = end;
    }
}

/** Overwrites the messages of panics, and the places in source files that they name. Returns the number of places. */
function eraseMessages(data, address) {
    const names = [];
    let places = 0;
    // A place is the address and the length of a file's name, which a zero follows, a line and a column.
    for (let at = -address & 3; at + 16 <= data.length; at += 4) {
        const [start, length, line, column] = [0, 4, 8, 12].map((word) => data.readUInt32LE(at + word));
        const name = data.subarray(start - address, start - address + length);
        const isText = start >= address && length < 300 && data[start - address + length] === 0;
        if (!isText || !/^[\w./-]+\.rs$/.test(name) || !line || !column || line > 100_000 || column > 1000) continue;
        names.push(name);
        data.fill(0, at, at + 16);
        places++;
    }
    names.forEach((name) => name.fill(0));
    for (const message of MESSAGES) {
        const at = data.indexOf(message);
        if (at >= 0) data.fill(0, at, at + message.length);
    }
    return places;
}

function fail(message) {
    console.error(`snip-panics: ${message}`);
    process.exit(1);
}
