//! The package's entries: the same client with different loaders of the module.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::{UNSLIMMED, WASM, node};
use crate::command::run;

/// The main entry. It loads the module from a file beside it.
pub(super) const MAIN: &str = "mcp-autoheal.js";

/// One file of `npm/dist/`.
pub(super) struct Entry {
    /// File name in `npm/dist/`.
    pub(super) file: &'static str,
    /// Source file in `npm/src/`.
    source: &'static str,
    /// Loader of the module, in `npm/src/module/`.
    loader: &'static str,
    /// Output format, as esbuild calls it.
    format: &'static str,
}

/// All entries.
pub(super) const ENTRIES: [Entry; 4] = [
    Entry { file: MAIN, source: "index.js", loader: "beside.js", format: "esm" },
    Entry { file: "mcp-autoheal.inline.js", source: "index.js", loader: "inline.js", format: "esm" },
    Entry { file: "mcp-autoheal.workerd.js", source: "index.js", loader: "workerd.js", format: "esm" },
    // for a script tag: the module is inside, because a page without a bundler would have to host a second file
    Entry { file: "mcp-autoheal.script.js", source: "script.js", loader: "inline.js", format: "iife" },
];

/// Properties that get short names. They belong to objects that stay inside the package: none is a JSON field, an
/// option, a public type's field or a browser API, and none is accessed by a computed name.
const INTERNAL_PROPERTIES: &[&str] = &[
    "bundle",
    "bundled",
    "callSite",
    "commonHeaders",
    "controller",
    "deadline",
    "disconnect",
    "epoch",
    "era",
    "facts",
    "feed",
    "flags",
    "free",
    "handshakeCall",
    "heard",
    "inFlight",
    "initialized",
    "inputs",
    "isClosed",
    "isComplete",
    "isHandshake",
    "isMCP",
    "isOpen",
    "isReady",
    "isSent",
    "judge",
    "keep",
    "keepTools",
    "kind",
    "last_id",
    "listening",
    "loseSession",
    "members",
    "meta",
    "methods",
    "mode",
    "movedTo",
    "namesMCP",
    "next_id",
    "note",
    "notificationHandlers",
    "outcome",
    "probed",
    "progressCalls",
    "progressId",
    "progressIds",
    "record",
    "remedy",
    "repeats",
    "reporting",
    "requestHandlers",
    "response",
    "resume_after",
    "sendByBeacon",
    "session",
    "settings",
    "started",
    "step",
    "thrown",
    "toolFailed",
    "toolHeaders",
    "verdict",
    "wait",
    "__wbg_ptr",
];

/// Bundles and minifies every entry with esbuild, then with terser, which saves another 3 %. Does the same with the
/// main entry and the glue that is not slimmed.
///
/// Uses esbuild's library, because its command is a script on some systems and a native program on others.
pub(super) fn bundle(npm: &Path) -> Result<()> {
    const SCRIPT: &str = "
        const { readdirSync, readFileSync, writeFileSync } = require('node:fs'), { resolve } = require('node:path');
        const { gzipSync } = require('node:zlib');
        const { build } = require('esbuild'), { minify } = require('terser');
        const LETTERS = 'etnrisoaldcuphfmgbvyTwASxCONjIRDkPMLqEUzHBFVJXGQKWZY_$';
        const [wasm, entries, internal] = JSON.parse(process.argv[1]);
        const mangleProps = new RegExp(`^(${internal.join('|')})$`);
        const sources = ['src/', 'pkg/glue.js'].flatMap((place) => place.endsWith('/')
            ? readdirSync(place).filter((name) => name.endsWith('.js')).map((name) => place + name) : place);
        const words = sources.map((path) => readFileSync(path, 'utf8')).join().split(/\\W+/);
        const counts = internal.map((name) => [name, words.filter((word) => word === name).length]);
        const unused = counts.filter(([, count]) => !count);
        if (unused.length) throw new Error(`listed in INTERNAL_PROPERTIES, but used nowhere: ${unused}`);
        // The most frequent properties get the names that compress best beside the names of terser's variables.
        // esbuild's own names would be longer, because it avoids those of the module's exports.
        const mangleCache = Object.fromEntries(counts.sort(([, a], [, b]) => b - a).map(([name], index) =>
            [name, LETTERS[index] ?? LETTERS[index - LETTERS.length] + '1']));
        writeFileSync(`pkg/${wasm}.gz`, gzipSync(readFileSync(`dist/${wasm}`), { level: 9 }));
        const setup = (glue) => ({ onResolve }) => onResolve({ filter: /glue\\.js$/ }, () => ({ path: resolve(glue) }));
        (async () => {
            for (const { file, source, loader, format, glue } of entries) await build({
                entryPoints: [`src/${source}`], outfile: file, plugins: [{ name: 'glue', setup: setup(glue) }],
                alias: { 'module-source': `./src/module/${loader}` },
                loader: { '.gz': 'base64' }, external: ['./mcp-autoheal_bg.wasm'], format, logLevel: 'warning',
                bundle: true, minify: true, target: 'es2022', legalComments: 'none', mangleProps, mangleCache,
            });
            for (const { file, format } of entries) {
                const options = { ecma: 2022, toplevel: true, module: format === 'esm' };
                options.compress = { passes: 3, pure_getters: true, keep_fargs: false, unsafe_arrows: true };
                const { code } = await minify(readFileSync(file, 'utf8'), options);
                writeFileSync(file, code);
            }
        })();";
    let output = |entry: &Entry, folder: &str, glue: &str| {
        let Entry { file, source, loader, format } = entry;
        json!({"file": format!("{folder}/{file}"), "source": source, "loader": loader, "format": format, "glue": glue})
    };
    let mut entries: Vec<_> = ENTRIES.iter().map(|entry| output(entry, "dist", "pkg/glue.js")).collect();
    let main = ENTRIES.iter().find(|entry| entry.file == MAIN);
    entries.extend(main.map(|main| output(main, UNSLIMMED, &format!("{UNSLIMMED}/glue.js"))));
    run(
        node().args(["-e", SCRIPT, "--", &json!([WASM, entries, INTERNAL_PROPERTIES]).to_string()]).current_dir(npm),
        "esbuild or terser failed: delete npm/node_modules to reinstall them",
    )
}
