//! The package's entries: the same client, each with its own way to the module.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::{WASM, node, run};

/// The entry a page loads, with the module beside it.
pub(super) const MAIN: &str = "mcp-autoheal.js";

/// One file of `npm/dist/`.
pub(super) struct Entry {
    /// Its name there.
    pub(super) file: &'static str,
    /// What it is made from, in `npm/src/`.
    from: &'static str,
    /// How it comes by the module: a file of `npm/src/module/`.
    module: &'static str,
    /// What kind of script it is, in esbuild's words.
    format: &'static str,
}

/// All of them.
pub(super) const ENTRIES: [Entry; 4] = [
    Entry { file: MAIN, from: "index.js", module: "beside.js", format: "esm" },
    Entry { file: "mcp-autoheal.inline.js", from: "index.js", module: "inline.js", format: "esm" },
    Entry { file: "mcp-autoheal.node.js", from: "index.js", module: "node.js", format: "esm" },
    // One tag, one file: a page that uses it has no bundler to place a second one.
    Entry { file: "mcp-autoheal.script.js", from: "script.js", module: "inline.js", format: "iife" },
];

/// Properties of objects that never leave the package, which get short names. None of them is a name on the wire, of an
/// option, of the types, or of anything of the browser's, and none is ever looked up by a text.
const INTERNAL: &[&str] = &[
    "bodyStart",
    "bundle",
    "bundled",
    "commonHeaders",
    "controller",
    "deadline",
    "disconnect",
    "epoch",
    "era",
    "errorCode",
    "facts",
    "feed",
    "flags",
    "frames",
    "free",
    "handshakeCall",
    "ids",
    "inFlight",
    "initialized",
    "inputs",
    "isClosed",
    "isComplete",
    "isHandshake",
    "isMCP",
    "isReady",
    "isSent",
    "judge",
    "keep",
    "keepTools",
    "last_id",
    "listening",
    "members",
    "methods",
    "mode",
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
    "retryAfter",
    "sendByBeacon",
    "serverMessage",
    "session",
    "settings",
    "started",
    "step",
    "thrown",
    "toolFailed",
    "toolHeaders",
    "trace",
    "verdict",
    "__wbg_ptr",
];

/// esbuild joins the files and names things; terser then finds 3 % that it leaves.
///
/// Through esbuild's library: its command is a script on one machine and a native program on the next.
pub(super) fn bundle(npm: &Path) -> Result<()> {
    const SCRIPT: &str = "
        const { readFileSync, writeFileSync } = require('node:fs'), { gzipSync } = require('node:zlib');
        const { buildSync } = require('esbuild'), { minify } = require('terser');
        const [wasm, entries, internal] = JSON.parse(process.argv[1]);
        const mangleProps = new RegExp(`^(${internal.join('|')})$`), isUsed = {};
        writeFileSync(`pkg/${wasm}.gz`, gzipSync(readFileSync(`dist/${wasm}`), { level: 9 }));
        for (const { file, from, module, format } of entries) Object.assign(isUsed, buildSync({
            entryPoints: [`src/${from}`], outfile: `dist/${file}`, alias: { 'module-source': `./src/module/${module}` },
            loader: { '.gz': 'base64' }, external: ['node:*'], format, logLevel: 'warning',
            bundle: true, minify: true, target: 'es2022', legalComments: 'none', mangleProps, mangleCache: {},
        }).mangleCache);
        const unused = internal.filter((name) => !isUsed[name]);
        if (unused.length) throw new Error(`not a property any more: ${unused}`);
        (async () => {
            for (const { file } of entries) {
                const options = { ecma: 2022, toplevel: true, module: file !== 'mcp-autoheal.script.js' };
                options.compress = { passes: 3, pure_getters: true, keep_fargs: false, unsafe_arrows: true };
                const { code } = await minify(readFileSync(`dist/${file}`, 'utf8'), options);
                writeFileSync(`dist/${file}`, code);
            }
        })();";
    let entries: Vec<_> = ENTRIES
        .iter()
        .map(|entry| json!({"file": entry.file, "from": entry.from, "module": entry.module, "format": entry.format}))
        .collect();
    run(
        node().args(["-e", SCRIPT, "--", &json!([WASM, entries, INTERNAL]).to_string()]).current_dir(npm),
        "esbuild failed: delete npm/node_modules to have it installed anew",
    )
}
