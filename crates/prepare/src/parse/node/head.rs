//! Heads of JavaScript errors: a class and its message, at the beginning of a line or behind a label.

use super::type_and_message;

/// Maximum number of words of a line that are compared.
const MAX_WORDS: usize = 60;

/// Splits a head such as `TypeError [ERR_INVALID_ARG_TYPE]: …` or `Uncaught Error: …` into class and message.
pub(super) fn head_of(line: &str) -> Option<(&str, &str)> {
    let head = line.strip_prefix("Uncaught ").unwrap_or(line);
    if let Some((name, message)) = head.split_once("]: ")
        && let Some((name, code)) = name.split_once(" [")
        // a code, or the base class: `Closed [Error]` for `class Closed extends Error`
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return type_and_message(name).map(|(name, _)| (name, message));
    }
    type_and_message(head)
}

/// Finds the class of an error and its message anywhere in a line, as after a label: `job 7 failed: TypeError: x`.
/// Only names with `Error` or `Exception` count. Of `Error: TypeError: x`, the second one is the error.
pub(super) fn class_in(line: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    for _ in 0..MAX_WORDS {
        let word = line[from..].find(|c: char| c.is_ascii_uppercase()).map(|at| from + at)?;
        let begins = !line[..word].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$'));
        let length = line[word..].find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.')));
        let end = length.map_or(line.len(), |length| word + length);
        if begins && is_class(&line[word..end]) {
            // the namespace before the class belongs to it
            let start = line[..word].rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.')));
            let start = start.map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
            if let Some((name, message)) = head_of(line[start..].trim_end_matches(" {")) {
                let inner = class_in_front(message).filter(|_| name == "Error");
                return Some(inner.unwrap_or((name, message)));
            }
        }
        from = end.max(word + 1);
    }
    None
}

/// Returns class and message if the text begins with a class.
fn class_in_front(text: &str) -> Option<(&str, &str)> {
    head_of(text).filter(|(name, _)| is_class(name))
}

/// Returns true for a class of errors; `ERROR` is a log level.
fn is_class(name: &str) -> bool {
    let class = name.rsplit('.').next().unwrap_or(name);
    (class.contains("Error") || class.contains("Exception") || class == "UnhandledPromiseRejection")
        && class.starts_with(|c: char| c.is_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_found_wherever_it_begins() {
        for (line, expected) in [
            ("TypeError: x", Some(("TypeError", "x"))),
            ("job 7 failed: TypeError: x: y", Some(("TypeError", "x: y"))),
            ("[10:00:01] ERROR [worker-3]: Error: lease 77 was lost", Some(("Error", "lease 77 was lost"))),
            ("error: Uncaught (in promise) QuotaError: full", Some(("QuotaError", "full"))),
            ("Error: TypeError: x", Some(("TypeError", "x"))),
            ("Error: Request failed: TypeError: x", Some(("Error", "Request failed: TypeError: x"))),
            ("  err: TypeError: x", Some(("TypeError", "x"))),
            ("Error while syncing: RangeError [ERR_X]: y", Some(("RangeError", "y"))),
            ("AxiosError", Some(("AxiosError", ""))),
            ("failed: Error {", Some(("Error", ""))),
            ("the Error was here", None),
            ("ERROR: no", None),
            ("é: Error: ü", Some(("Error", "ü"))),
        ] {
            assert_eq!(class_in(line), expected, "{line}");
        }
    }
}
