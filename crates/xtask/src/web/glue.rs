//! The glue: JavaScript between the module and the shell. wasm-bindgen generates it, `slim` makes it smaller, and then
//! it gets the optimiser's short names.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::node;
use super::slim::{slim, without_comments};

/// Features that rustc emits and that all browsers have supported since 2022. With `--all-features` the optimiser could
/// use newer ones.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// Chosen by measuring this module with brotli: large functions with one caller compress better when they are not
/// inlined.
const OPTIMISATIONS: [&str; 8] = [
    "-Oz",
    "--gufa",
    "-Oz",
    "--one-caller-inline-max-function-size=20",
    // rustc links the stack first, so the first kilobyte holds only the end of an exhausted stack
    "--low-memory-unused",
    "--minify-imports-and-exports-and-modules",
    "--strip-debug",
    "--strip-producers",
];

/// The module that all imports come from, as wasm-bindgen names it.
const IMPORT_MODULE: &str = "\"./mcp-autoheal_bg.js\"";
/// The name of that module after the optimiser, which gives this name to every import module.
const SHORT_IMPORT_MODULE: &str = "\"a\"";

/// The functions that the shell imports, as `crossing.js` and `slim` define them, for the glue that is not slimmed.
const START: &str = "
export function imports() { return __wbg_get_imports(); }
export function start(instance) { __wbg_finalize_init(instance); }
";

/// The optimiser's short names. Each row under `imports` and `exports` ends with the old and the new name.
type ShortNames = HashMap<String, Vec<Vec<String>>>;

/// Generates the glue with wasm-bindgen's library, whose version is in the lock file; an installed `wasm-bindgen`
/// command could have another version.
pub(super) fn generate(compiled: &Path, pkg: &Path) -> Result<()> {
    wasm_bindgen_cli_support::Bindgen::new()
        .web(true)?
        .input_path(compiled)
        .out_name("mcp-autoheal")
        .typescript(false)
        // the shell passes the location of the module
        .omit_default_module_path(true)
        // snip-panics.mjs finds functions by their names; the optimiser removes the section
        .remove_name_section(false)
        .remove_producers_section(true)
        .generate(pkg)
        .context("wasm-bindgen could not write npm/pkg")
}

/// Optimises the module for size and renames its imports and exports. Returns the new names.
pub(super) fn optimise(npm: &Path, from: &Path, to: &Path) -> Result<ShortNames> {
    let output = node()
        .arg(npm.join("node_modules/binaryen/bin/wasm-opt"))
        .args(OPTIMISATIONS)
        .args(WASM_FEATURES)
        .arg(from)
        .arg("-o")
        .arg(to)
        .output()
        .context("node does not start")?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("wasm-opt failed: delete npm/node_modules to reinstall it\n{errors}");
    }
    serde_json::from_slice(&output.stdout).context("wasm-opt printed no list of renamed imports and exports")
}

/// Writes `glue.js`: the generated glue with the optimised module's names, slimmed into `pkg`, and as it is into
/// `unslimmed`.
pub(super) fn write(pkg: &Path, unslimmed: &Path, short_names: &ShortNames) -> Result<()> {
    let glue = std::fs::read_to_string(pkg.join("mcp-autoheal.js")).context("npm/pkg/mcp-autoheal.js is missing")?;
    let whole = without_comments(&glue).join("\n") + START;
    for (folder, glue) in [(pkg, slim(&glue)), (unslimmed, Ok(whole))] {
        let short = glue.and_then(|glue| with_short_names(&glue, short_names));
        let short = short.context("wasm-bindgen's glue has an unexpected form")?;
        let file = folder.join("glue.js");
        std::fs::write(&file, short).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// The glue with the short names. Fails unless every import and export is found: a call by an old name would fail only
/// at run time.
fn with_short_names(glue: &str, short_names: &ShortNames) -> Result<String> {
    let names = |kind: &str| -> HashMap<&str, &str> {
        let rows = short_names.get(kind).into_iter().flatten();
        rows.filter_map(|row| if let [.., old, new] = &row[..] { Some((&**old, &**new)) } else { None }).collect()
    };
    let (imports, exports) = (names("imports"), names("exports"));
    let mut found = 0;
    let mut short = String::with_capacity(glue.len());
    for line in glue.lines() {
        let bare = line.trim_start();
        let line = match bare.split_once(": ").and_then(|(key, rest)| Some((imports.get(key)?, rest))) {
            Some((new, rest)) => {
                found += 1;
                format!("{new}: {rest}")
            }
            // In the slimmed glue, a function is one line. Some are imported only by functions that were snipped.
            None if bare.starts_with("__wb") && bare.contains(": function(") && bare.ends_with("},") => continue,
            None => line.replace(IMPORT_MODULE, SHORT_IMPORT_MODULE),
        };
        let mut parts = line.split("wasm.");
        short.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let end =
                part.find(|letter: char| !(letter.is_alphanumeric() || "_$".contains(letter))).unwrap_or(part.len());
            let (old, rest) = part.split_at(end);
            let new = exports.get(old).with_context(|| format!("the module does not export `{old}`"))?;
            short.extend(["wasm.", new, rest]);
        }
        short.push('\n');
    }
    if found != imports.len() {
        bail!("it defines {found} of the {} functions that the module imports", imports.len());
    }
    if !short.contains(SHORT_IMPORT_MODULE) {
        bail!("it does not name the import module {IMPORT_MODULE}");
    }
    Ok(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = r#"
        __wbg_now_1: function() { wasm.memory; wasm.__wbindgen_free(1); },
        __wbg_throw_2: function(arg0, arg1) { throw new Error(textAt(arg0, arg1)); },
        "./mcp-autoheal_bg.js": import0,
"#;

    fn short_names(import: &str, export: &str) -> ShortNames {
        let row = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let imports = vec![row(&["./mcp-autoheal_bg.js", import, "$"])];
        let exports = vec![row(&["memory", "m"]), row(&[export, "f"])];
        HashMap::from([("imports".to_owned(), imports), ("exports".to_owned(), exports)])
    }

    #[test]
    fn the_glue_gets_the_modules_short_names() {
        let short =
            with_short_names(GLUE, &short_names("__wbg_now_1", "__wbindgen_free")).expect("every name is found");
        assert!(short.contains("$: function() { wasm.m; wasm.f(1); },"), "{short}");
        assert!(short.contains("\"a\": import0"), "{short}");
        assert!(!short.contains("__wbg_throw_2"), "{short}");
    }

    #[test]
    fn a_missing_import_or_export_fails_the_build() {
        assert!(with_short_names(GLUE, &short_names("__wbg_other", "__wbindgen_free")).is_err());
        assert!(with_short_names(GLUE, &short_names("__wbg_now_1", "__wbindgen_other")).is_err());
        assert!(with_short_names("", &short_names("__wbg_now_1", "__wbindgen_free")).is_err());
    }
}
