//! Slims the generated glue: the same calls into the module, without code that only other modules or old browsers need.
//!
//! wasm-bindgen's output is general. The part that this module does not need would be a tenth of the JavaScript that a
//! page loads; `cargo xtask build web` prints the bytes saved. Every line of wasm-bindgen's output must match a known
//! form. An unknown line fails the build, so that no needed line is left out.

use std::fmt::Write as _;

use anyhow::{Context, Result, anyhow, bail};

/// Hand-written helpers, which replace the generated ones.
const CROSSING: &str = include_str!("crossing.js");
/// Generated helpers, which are left out.
const HELPERS: [&str; 24] = [
    "addToExternrefTable0",
    "getArrayU8FromWasm0",
    "cachedDataViewMemory0",
    "getDataViewMemory0",
    "getStringFromWasm0",
    "cachedUint8ArrayMemory0",
    "getUint8ArrayMemory0",
    "handleError",
    "isLikeNone",
    "passArray8ToWasm0",
    "passStringToWasm0",
    "cachedTextDecoder",
    // Safari's decoder fails after two gigabytes in total; the module's texts stay far below that.
    "MAX_SAFARI_DECODE_BYTES",
    "numBytesDecoded",
    "decodeText",
    "cachedTextEncoder",
    "WASM_VECTOR_LEN",
    // The loader: the shell has its own.
    "wasmModule, wasmInstance, wasm",
    "__wbg_finalize_init",
    "__wbg_load",
    "initSync",
    "__wbg_init",
    "__wbg_init_promise",
    "__wbg_init_once",
];

/// Generated helpers that the remaining lines call, and their hand-written replacements.
const REPLACEMENTS: [(&str, &str); 3] =
    [("getArrayU8FromWasm0(", "bytesAt("), ("getStringFromWasm0(", "textAt("), ("isLikeNone(", "isNone(")];

/// Classes whose objects the shell frees explicitly, because an event stream can hold much memory and the garbage
/// collector may run late.
const FREED_EXPLICITLY: [&str; 1] = ["EventStream"];

/// Slims the glue that wasm-bindgen generated.
pub(super) fn slim(glue: &str) -> Result<String> {
    let mut slim = CROSSING.to_owned();
    let mut lines = without_comments(glue).into_iter();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("export class ").and_then(|rest| rest.strip_suffix(" {")) {
            let body: Vec<_> = lines.by_ref().take_while(|line| *line != "}").collect();
            class(&mut slim, name, &body).with_context(|| format!("the class {name}"))?;
        } else if line == "function __wbg_get_imports() {" {
            let body: Vec<_> = lines.by_ref().take_while(|line| *line != "}").collect();
            imports(&mut slim, &body).context("the imports")?;
        } else {
            check_is_known(line)?;
        }
    }
    for (generated, replacement) in REPLACEMENTS {
        slim = slim.replace(generated, replacement);
    }
    match HELPERS.iter().find(|helper| slim.contains(*helper)) {
        Some(helper) => {
            bail!("a new kind of line uses `{helper}`, which is left out: add a rule for the line to slim.rs")
        }
        None => Ok(slim),
    }
}

/// The lines of the glue that are neither blank nor comments.
pub(super) fn without_comments(glue: &str) -> Vec<&str> {
    let is_code = |line: &&str| {
        let bare = line.trim_start();
        !(bare.is_empty() || bare.starts_with("//") || bare.starts_with("/**") || bare.starts_with('*'))
    };
    glue.lines().filter(is_code).collect()
}

/// Fails unless a line outside of classes and imports is known to be unnecessary.
fn check_is_known(line: &str) -> Result<()> {
    let starts = ["function ", "async function ", "let ", "const "];
    if let Some(rest) = starts.iter().find_map(|start| line.strip_prefix(start)) {
        let name = rest.split_once(['(', ';']).map_or(rest, |(name, _)| name);
        let name = name.split_once(" =").map_or(name, |(name, _)| name);
        if HELPERS.contains(&name) || name.ends_with("Finalization") {
            return Ok(());
        }
        bail!("the helper `{name}` is new: find out whether it is needed, and add a rule for it to slim.rs");
    }
    let known =
        ["    ", "}", "if (Symbol.dispose)", "if (!('encodeInto' in", "cachedTextDecoder.decode();", "export {"];
    if !known.iter().any(|start| line.starts_with(start)) {
        return Err(unknown(line));
    }
    Ok(())
}

/// The error for a line that slim.rs has no rule for.
fn unknown(line: &str) -> anyhow::Error {
    anyhow!("`{line}` is new in wasm-bindgen's output: find out whether it is needed, and add a rule for it to slim.rs")
}

/// Writes a class with one line per method.
fn class(slim: &mut String, name: &str, body: &[&str]) -> Result<()> {
    let free = format!("wasm.__wbg_{}_free", name.to_lowercase());
    writeln!(slim, "export class {name} {{")?;
    for (head, body) in members(body) {
        match head {
            "__destroy_into_raw()" => {}
            "free()" if FREED_EXPLICITLY.contains(&name) => writeln!(slim, "free() {{ {free}(this.__wbg_ptr, 0); }}")?,
            "free()" => {}
            _ => {
                let ModuleCall { call, result } =
                    ModuleCall::read(&body).with_context(|| format!("the method {head}"))?;
                let statement = match result {
                    CallResult::Nothing => format!("{call};"),
                    CallResult::Bytes => format!("return takeBytes({call});"),
                    CallResult::Text => format!("return takeText({call});"),
                    CallResult::Value(value) => format!("const ret = {call}; return {value};"),
                    CallResult::Object if FREED_EXPLICITLY.contains(&name) => format!("this.__wbg_ptr = {call};"),
                    CallResult::Object => format!("this.__wbg_ptr = owned(this, {free}, {call});"),
                };
                writeln!(slim, "{head} {{ {statement} }}")?;
            }
        }
    }
    writeln!(slim, "}}")?;
    Ok(())
}

/// The functions or methods among lines that are indented once: the head of each, and the lines of its body.
fn members<'a>(lines: &[&'a str]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut members: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines {
        match line.strip_prefix("    ") {
            Some(head) if !head.starts_with([' ', '}']) => members.push((head.trim_end_matches(" {"), Vec::new())),
            Some(inner) if inner.starts_with(' ') => {
                if let Some((_, body)) = members.last_mut() {
                    body.push(inner.trim_start());
                }
            }
            _ => {}
        }
    }
    members
}

/// One call into the module.
struct ModuleCall {
    /// The call as an expression.
    call: String,
    result: CallResult,
}

/// The result of a call into the module.
enum CallResult {
    Nothing,
    Bytes,
    Text,
    /// A pointer to an object in the module's memory, which the JavaScript object keeps.
    Object,
    /// Another value, as an expression that uses `ret`.
    Value(String),
}

impl ModuleCall {
    fn read(body: &[&str]) -> Result<Self> {
        let mut arguments = Vec::new();
        let mut call = None;
        let mut result = CallResult::Nothing;
        for line in body {
            let line = line.trim_end_matches(';');
            let line = ["const ", "var "].iter().find_map(|start| line.strip_prefix(start)).unwrap_or(line);
            if let Some((number, value)) = strip(line, "val", " = +", "") {
                // The module converts its arguments to numbers.
                arguments.push((format!("val{number}"), value.to_owned()));
            } else if let Some((number, text)) = passed(line, "passStringToWasm0(") {
                arguments.push((format!("ptr{number}, len{number}"), format!("...passText({text})")));
            } else if let Some((number, bytes)) = passed(line, "passArray8ToWasm0(") {
                arguments.push((format!("ptr{number}, len{number}"), format!("...passBytes({bytes})")));
            } else if let Some(rest) = line.strip_prefix("ret = wasm.") {
                call = Some(format!("wasm.{rest}"));
            } else if line.contains("= getArrayU8FromWasm0(ret[0], ret[1]).slice()") {
                result = CallResult::Bytes;
            } else if line.ends_with("getStringFromWasm0(ret[0], ret[1])") {
                result = CallResult::Text;
            } else if line == "this.__wbg_ptr = ret" {
                result = CallResult::Object;
            } else if let Some(value) = line.strip_prefix("return ret") {
                result = CallResult::Value(format!("ret{value}"));
            } else if line.starts_with("wasm.") && !line.starts_with("wasm.__wbindgen_free(") && call.is_none() {
                call = Some(line.to_owned());
            } else if !is_housekeeping(line) {
                return Err(unknown(line));
            }
        }
        let mut call = call.context("it does not call the module")?;
        for (generated, replacement) in arguments.iter().rev() {
            if !call.contains(generated) {
                bail!("`{generated}` is not passed to the module");
            }
            call = call.replace(generated, replacement);
        }
        Ok(Self { call, result })
    }
}

/// For `ptr0 = passStringToWasm0(text, …)` and similar lines: the number of the pointer, and the value that is passed.
fn passed<'a>(line: &'a str, helper: &str) -> Option<(&'a str, &'a str)> {
    let (number, value) = strip(line, "ptr", " = ", ")")?;
    let value = value.split_once(" ? 0 : ").map_or(value, |(_, value)| value);
    Some((number, value.strip_prefix(helper)?.split_once(", wasm.")?.0))
}

fn strip<'a>(line: &'a str, start: &str, middle: &str, end: &str) -> Option<(&'a str, &'a str)> {
    line.strip_prefix(start)?.strip_suffix(end)?.split_once(middle)
}

/// True if a line is left out: the hand-written helpers do its work, or it frees memory even after a trap, which is not
/// needed.
fn is_housekeeping(line: &str) -> bool {
    let starts = ["let ptr0, len0", "let deferred", "deferred", "let v", "if (ptr", "wasm.__wbindgen_free("];
    let whole = ["try {", "} catch (e) {", "throw e", "} finally {", "}", "return this", "if (ret[0] !== 0) {"];
    whole.contains(&line)
        || starts.iter().any(|start| line.starts_with(start))
        || line.ends_with("= WASM_VECTOR_LEN")
        || line.contains("Finalization.register(this, ")
        || line.strip_prefix("return v").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Writes the functions that the module imports.
fn imports(slim: &mut String, body: &[&str]) -> Result<()> {
    slim.push_str("export function imports() {\nconst import0 = {\n");
    let body: Vec<_> = body.iter().filter_map(|line| line.strip_prefix("    ")).collect();
    for (head, body) in members(&body) {
        if head.contains("handleError(") {
            bail!("{head} hands its exception to the module, for which crossing.js has no code");
        } else if head.ends_with(')') {
            writeln!(slim, "{head} {{ {} }},", imported(&body))?;
        } else if let Some((module, _)) = strip(head, "", ": import0", ",") {
            writeln!(slim, "}};\nreturn {{ {module}: import0 }};\n}}")?;
        } else if head != "const import0 = {" && head != "__proto__: null," {
            return Err(unknown(head));
        }
    }
    Ok(())
}

/// The body of an imported function.
fn imported(body: &[&str]) -> String {
    let replaced = ["var ptr1 = ", "var len1 = ", "const ptr1 = ", "const len1 = ", "getDataViewMemory0()"];
    let mut statements = Vec::new();
    for line in body {
        if line.starts_with("getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true)") {
            statements.push("giveText(arg0, ret);");
        } else if !replaced.iter().any(|start| line.starts_with(start)) {
            statements.push(line);
        }
    }
    statements.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line of each kind that wasm-bindgen generates.
    const GLUE: &str = r#"
/**
 * One client's reports.
 */
export class Outbox {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        OutboxFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_outbox_free(ptr, 0);
    }
    constructor(per_minute) {
        const ret = wasm.outbox_new(per_minute);
        this.__wbg_ptr = ret;
        OutboxFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    bundled(status, retry_after) {
        const val2 = +status;
        var ptr0 = isLikeNone(retry_after) ? 0 : passStringToWasm0(retry_after, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        var len0 = WASM_VECTOR_LEN;
        const ret = wasm.outbox_bundled(this.__wbg_ptr, val2, ptr0, len0);
        return ret !== 0;
    }
    write(draft) {
        let deferred2_0;
        let deferred2_1;
        try {
            const ptr0 = passStringToWasm0(draft, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len0 = WASM_VECTOR_LEN;
            const ret = wasm.outbox_write(this.__wbg_ptr, ptr0, len0);
            deferred2_0 = ret[0];
            deferred2_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred2_0, deferred2_1, 1);
        }
    }
}
if (Symbol.dispose) Outbox.prototype[Symbol.dispose] = Outbox.prototype.free;
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_retryAfter_5: function(arg0, arg1) {
            const ret = arg1.retryAfter;
            var ptr1 = isLikeNone(ret) ? 0 : passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            var len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
        __wbg_now_4: function() {
            const ret = Date.now();
            return ret;
        },
        __wbg_said_5: function(arg0, arg1) {
            const ret = arg1.said;
            const ptr1 = passStringToWasm0(ret, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len1 = WASM_VECTOR_LEN;
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 1, len1, true);
            getDataViewMemory0().setInt32((arg0 >>> 0) + 4 * 0, ptr1, true);
        },
    };
    return {
        __proto__: null,
        "./mcp-autoheal_bg.js": import0,
    };
}
function handleError(f, args) {
    return f.apply(this, args);
}
"#;

    #[test]
    fn slim_glue_makes_the_same_calls() {
        let slim = slim(GLUE).expect("every line is known");
        for line in [
            "constructor(per_minute) { this.__wbg_ptr = owned(this, wasm.__wbg_outbox_free, wasm.outbox_new(per_minute)); }",
            "const ret = wasm.outbox_bundled(this.__wbg_ptr, status, ...passText(retry_after)); return ret !== 0;",
            "write(draft) { return takeText(wasm.outbox_write(this.__wbg_ptr, ...passText(draft))); }",
            "__wbg_retryAfter_5: function(arg0, arg1) { const ret = arg1.retryAfter; giveText(arg0, ret); },",
            "__wbg_now_4: function() { const ret = Date.now(); return ret; },",
            "__wbg_said_5: function(arg0, arg1) { const ret = arg1.said; giveText(arg0, ret); },",
            "return { \"./mcp-autoheal_bg.js\": import0 };",
        ] {
            assert!(slim.contains(line), "{line} is missing in {slim}");
        }
        assert!(!slim.contains("Symbol.dispose") && !slim.contains("handleError"), "{slim}");
    }

    #[test]
    fn an_unknown_line_fails_the_build() {
        for (known, new) in [
            ("return ret !== 0;", "console.log(ret);"),
            ("const val2 = +status;", "const val2 = BigInt(status);"),
            ("function handleError(", "function debugString("),
            ("if (Symbol.dispose)", "if (Symbol.asyncDispose)"),
            ("const ret = Date.now();", "const ret = getUint8ArrayMemory0();"),
            ("__wbg_now_4: function() {", "__wbg_now_4: function() { return handleError(function () {"),
        ] {
            let changed = GLUE.replace(known, new);
            assert_ne!(changed, GLUE);
            assert!(slim(&changed).is_err(), "{new}");
        }
    }
}
