//! Frame: a function's name as the fingerprint has it, without what engines, compilers and builds add to it.

mod javascript;
mod native;

use std::borrow::Cow;

use crate::parse::Frame;

/// A function's name, judged by what it says about the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A name that the programmer chose.
    Chosen(Cow<'a, str>),
    /// No name: a callback, or the top level of a file.
    Anonymous,
    /// A name that a minifier chose. The next build may give it to another function.
    Minified,
}

/// Language of a frame, as its file shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    JavaScript,
    Wasm,
    Java,
    Rust,
    Go,
    Ruby,
    DotNet,
    Other,
}

/// Returns the language of a frame, by the ending of its file. `is_page` is true for frames of a page, where a file may
/// have any name or none.
pub(super) fn language(frame: &Frame, is_page: bool) -> Language {
    let file = frame.file.as_deref().unwrap_or_default();
    if file == "[wasm code]" || file.contains("wasm") && is_wasm(frame, file) {
        return Language::Wasm;
    }
    let file = file.split(['?', '#']).next().unwrap_or(file);
    match file.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "java" | "kt" | "kts" | "scala" | "groovy" | "clj" => Language::Java,
        "rs" => Language::Rust,
        "go" => Language::Go,
        "rb" => Language::Ruby,
        "cs" | "fs" | "vb" => Language::DotNet,
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "vue" | "svelte" | "bundle" | "jsbundle"
        | "html" => Language::JavaScript,
        _ if is_page || file.contains("://") => Language::JavaScript,
        _ if matches!(file, "Unknown Source" | "Native Method" | "<generated>") => Language::Java,
        _ => Language::Other,
    }
}

fn is_wasm(frame: &Frame, file: &str) -> bool {
    file.starts_with("wasm://") || file.ends_with(".wasm") || frame.function.as_deref().is_some_and(is_wasm_name)
}

fn is_wasm_name(name: &str) -> bool {
    name.contains("wasm-function[")
}

/// Returns the frame's function without decorations.
pub(super) fn name(frame: &Frame, language: Language) -> Name<'_> {
    let Some(function) = frame.function.as_deref().map(str::trim).filter(|name| !name.is_empty()) else {
        return Name::Anonymous;
    };
    match language {
        Language::JavaScript => javascript::name(function, frame),
        Language::Wasm => javascript::wasm_name(function),
        Language::Java => native::java(function),
        Language::Rust => native::rust(function),
        Language::Go => native::go(function),
        Language::Ruby => native::ruby(function),
        Language::DotNet => native::dot_net(function),
        Language::Other => native::other(function),
    }
}

/// Column from which a line is the work of a minifier, because people break lines before it.
const MINIFIED_COLUMN: u32 = 300;

/// Returns true for a place in minified code, which is on the first line of its file or far to the right.
pub(super) fn is_in_minified_code(frame: &Frame) -> bool {
    frame.column.is_some_and(|column| column > MINIFIED_COLUMN || frame.line == Some(1) && column > 80)
}

fn chosen<'a>(name: impl Into<Cow<'a, str>>) -> Name<'a> {
    let name = name.into();
    if name.is_empty() { Name::Anonymous } else { Name::Chosen(name) }
}

#[cfg(test)]
mod tests;
