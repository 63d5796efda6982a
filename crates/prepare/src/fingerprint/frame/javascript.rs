//! Names of JavaScript's functions. The engines name the same function differently: V8 with its object's class and
//! the property it was called by, SpiderMonkey with the functions around it, JavaScriptCore by its own name alone.

use super::{Name, chosen};
use crate::parse::Frame;

/// Names of code outside of functions.
const TOP_LEVEL: [&str; 8] =
    ["eval", "global", "global code", "module code", "eval code", "anonymous", "<anonymous>", "Anonymous function"];

pub(super) fn name<'a>(function: &'a str, frame: &Frame) -> Name<'a> {
    let name = own_name(function);
    if name.is_empty() || TOP_LEVEL.contains(&name) {
        return Name::Anonymous;
    }
    if is_minified(name, frame) { Name::Minified } else { chosen(name) }
}

/// Removes what an engine adds: `new Cart`, `Cart.get total [as total]`, `runAll/</<`, `Module../src/a.js.run`.
fn own_name(function: &str) -> &str {
    let name = function.split_once(" [as ").map_or(function, |(name, _)| name).trim();
    let name = name.split_once('(').map_or(name, |(name, _)| name);
    let name = name.strip_prefix("async ").unwrap_or(name);
    if name.ends_with('<') || name.ends_with("<anonymous>") {
        return "";
    }
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.rsplit('.').next().unwrap_or(name);
    let name =
        ["new ", "get ", "set ", "static "].iter().fold(name, |name, word| name.strip_prefix(*word).unwrap_or(name));
    without_number(name.trim_end_matches(']'))
}

/// Removes the number by which a bundler distinguishes functions of one name: `total$1`.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('$') {
        Some((name, digits)) if !name.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    }
}

/// Returns true for a name that is too short to be chosen by a person: of one or two letters, or on a line of a
/// minifier of three that are no word.
fn is_minified(name: &str, frame: &Frame) -> bool {
    let name = name.trim_start_matches(['_', '#', '$']);
    let is_word = name.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_bundled = super::is_in_minified_code(frame);
    match name.chars().count() {
        0..=2 => true,
        3 => is_bundled && !(is_word && name.contains(['a', 'e', 'i', 'o', 'u'])),
        4 => is_bundled && name.bytes().any(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Returns the name of a WebAssembly function: `run` of `app.run`, `<?>.wasm-function[run]` and
/// `shop::run::h0123456789abcdef`. A mere number changes with every build.
pub(super) fn wasm_name(function: &str) -> Name<'_> {
    let name = match function.split_once("wasm-function[") {
        Some((_, inner)) => inner.strip_suffix(']').unwrap_or(inner),
        None => function,
    };
    let name = match name.split_once('.') {
        Some((module, name)) if !module.contains("::") && !name.is_empty() => {
            name.strip_prefix("wasm.").unwrap_or(name)
        }
        _ => name,
    };
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Name::Minified;
    }
    super::native::rust(name.strip_prefix('$').unwrap_or(name))
}
