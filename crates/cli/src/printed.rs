//! Text for a terminal: paths, arguments and messages without characters that control it or hide others.

use std::fmt::{self, Write};
use std::io::IsTerminal;

use autoheal_heal::compose::{inert, is_hidden};
use serde_json::Value;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// The text on one line, without characters that control a terminal.
pub(crate) fn one_line(text: &str) -> String {
    inert(text).replace('\n', "\\n").replace('\t', " ")
}

/// JSON whose invisible and direction-changing characters are escapes, so that it is the same value in visible characters.
pub(crate) fn json(value: &Value) -> String {
    let text = value.to_string();
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _always = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Sends logs to standard error, with colours if it is a terminal.
pub(crate) fn init_logging(level: tracing::Level) {
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_max_level(level)
        .with_target(false)
        .fmt_fields(debug_fn(field).delimited(" "))
        .init();
}

/// Writes a field of a log line, as the library does, but inert.
fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = one_line(&format!("{value:?}"));
    match field.name() {
        "message" => writer.write_str(&value),
        name if writer.has_ansi_escapes() => write!(writer, "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{value}"),
        name => write!(writer, "{name}={value}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_keeps_its_value_in_visible_characters() {
        let value = json!({"a\u{202e}b": "\u{9b}31m \u{7f} \u{200b} \u{e0041} äö 漢字 😀 \n", "n": [1.5, null]});
        let shown = json(&value);
        assert!(!shown.chars().any(is_hidden), "{shown}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        assert!(shown.contains("\\u009b31m \\u007f \\u200b \\udb40\\udc41 äö 漢字 😀"), "{shown}");
    }
}
