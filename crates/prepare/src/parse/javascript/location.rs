//! Locations of frames, `file:line:column` and the engines' special names, for both kinds of lines.

use super::BorrowedFrame;

/// A frame's `file` for code of the engine itself.
pub(super) const NATIVE: &str = "[native code]";

/// A frame's `file` for WebAssembly without a URL.
pub(super) const WASM: &str = "[wasm code]";

/// Parses a location that ends in a position or is a special name. Any other text is prose.
pub(super) fn parse(text: &str) -> Option<BorrowedFrame<'_>> {
    if let Some(frame) = special(text) {
        return Some(frame);
    }
    if let Some(frame) = wasm(text) {
        return Some(frame);
    }
    let (file, line, column) = split_position(text);
    line?;
    // Hermes prints no file, and 1 as the line: `checkout@1:90210`
    let (file, line, column) = match (file, line, column) {
        ("1", line, None) => ("", Some(1), line),
        other => other,
    };
    let file = Some(file).filter(|file| !matches!(*file, "" | "<anonymous>" | "eval code" | "eval"));
    Some(BorrowedFrame { function: None, file, line, column })
}

/// Splits `file:line:column` or `file:line`. A number that does not fit into a `u32` stays in the file.
pub(super) fn split_position(text: &str) -> (&str, Option<u32>, Option<u32>) {
    match split_number(text) {
        None => (text, None, None),
        Some((rest, last)) => match split_number(rest) {
            None => (rest, Some(last), None),
            Some((file, line)) => (file, Some(line), Some(last)),
        },
    }
}

fn split_number(text: &str) -> Option<(&str, u32)> {
    let digits = text.bytes().rev().take(11).take_while(u8::is_ascii_digit).count();
    let (rest, number) = text.split_at(text.len() - digits);
    Some((rest.strip_suffix(':')?, number.parse().ok()?))
}

/// Parses the engines' special names.
fn special(text: &str) -> Option<BorrowedFrame<'_>> {
    let file = match text {
        "native" | "native code" | NATIVE => Some(NATIVE),
        WASM => Some(text),
        "<anonymous>" | "unknown location" | "unknown" => None,
        _ if text.strip_prefix("index ").is_some_and(is_number) => None,
        _ if text.starts_with("native ") && text.contains(".js") => Some(NATIVE),
        _ => return None,
    };
    Some(BorrowedFrame { file, ..BorrowedFrame::default() })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses `module.wasm:wasm-function[12]:0x3a`. The offset becomes the column, because source maps need it. Without an
/// offset, and with `<?>` for a module without a URL, it is of a recent JavaScriptCore.
fn wasm(text: &str) -> Option<BorrowedFrame<'_>> {
    let (rest, last) = text.rsplit_once(':')?;
    let (file, function, column) = match last.strip_prefix("0x") {
        Some(offset) => {
            let (file, function) = rest.rsplit_once(':')?;
            (file, function, Some(u32::from_str_radix(offset, 16).ok()?))
        }
        None => (rest, last, None),
    };
    if !function.starts_with("wasm-function[") {
        return None;
    }
    let file = match file {
        "<anonymous>" => None,
        "<?>" => Some(WASM),
        file => Some(file),
    };
    Some(BorrowedFrame { function: Some(function), file, line: None, column })
}
