//! The line about a recorded failure on a terminal: the error, its count, and where to see it.

use std::ffi::OsStr;

use autoheal_contract::ErrorReport;
use autoheal_deliver::{Delivery, IN_USE};
use autoheal_heal::compose::inert;
use autoheal_prepare::parse::plain_text;
use autoheal_prepare::shell::shell_word;

use crate::args::DEFAULT_LISTEN;
use crate::settings::variable;

/// Maximum length of the error in the line, in characters, so that the whole line takes two rows of most terminals.
const MAX_ERROR_CHARS: usize = 80;

/// The report's type and message on one line, cut, without escape sequences and hidden characters.
pub(super) fn error_of(report: &ErrorReport) -> String {
    let error = match (single_line(&report.error_type), single_line(&report.error_message)) {
        (error_type, message) if message.is_empty() => error_type,
        (error_type, message) => format!("{error_type}: {message}"),
    };
    match error.char_indices().nth(MAX_ERROR_CHARS) {
        None => error,
        Some(_) => error.chars().take(MAX_ERROR_CHARS - 3).chain("...".chars()).collect(),
    }
}

/// The line about a delivery; none when nothing was recorded. `store` is the store named on the command line.
pub(super) fn recorded(error: &str, delivery: &Delivery, store: Option<&str>) -> Option<String> {
    match delivery {
        Delivery::Store { occurrences, .. } => {
            let seen = match occurrences {
                None => String::new(),
                Some(1) => " (seen once)".to_owned(),
                Some(count) => format!(" (seen {count} times)"),
            };
            let store = store.filter(|store| !store.trim().is_empty());
            let store = store.map(|store| single_line(&shell_word(OsStr::new(store))));
            let store = store.map(|store| format!(" --store {store}")).unwrap_or_default();
            let address = variable("AUTOHEAL_LISTEN").map(|address| single_line(&address));
            let address = address.as_deref().unwrap_or(DEFAULT_LISTEN);
            Some(format!("recorded {error}{seen}; see it with `autoheal serve{store}` at http://{address}/"))
        }
        Delivery::StoreInUse { .. } => Some(format!("saved {error}; {IN_USE}")),
        Delivery::Service { url, .. } => {
            Some(format!("recorded {error}; see it at {}/", single_line(url.trim_end_matches('/'))))
        }
        Delivery::Nothing | Delivery::Spool { .. } => None,
    }
}

fn single_line(text: &str) -> String {
    let plain = plain_text(text.as_bytes());
    inert(&plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(error_type: &str, error_message: &str) -> String {
        let report = ErrorReport {
            error_type: error_type.to_owned(),
            error_message: error_message.to_owned(),
            ..ErrorReport::default()
        };
        error_of(&report)
    }

    #[test]
    fn an_error_is_one_short_line_without_control_characters() {
        assert_eq!(error("ValueError", "bad price"), "ValueError: bad price");
        assert_eq!(error("exit code 3", ""), "exit code 3");
        assert_eq!(error("E\x1b[31m", "a\n\tb \x1b]0;title\x07c\u{9b}2Jd\u{202e}"), "E: a b c2Jd\\u{202e}");
        let long = error("E", &"ä".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with("ä...")), (MAX_ERROR_CHARS, true));
    }

    #[test]
    fn the_line_says_where_to_see_the_failure() {
        let store = |occurrences| Delivery::Store { reports: String::new(), occurrences };
        let service = Delivery::Service { url: "https://errors.example/".to_owned(), reports: String::new() };
        for (delivery, path, line) in [
            (store(Some(1)), None, "recorded E (seen once); see it with `autoheal serve` at http://127.0.0.1:8787/"),
            (
                store(Some(12)),
                Some("my store.db"),
                "recorded E (seen 12 times); see it with `autoheal serve --store 'my store.db'` at http://127.0.0.1:8787/",
            ),
            (service, None, "recorded E; see it at https://errors.example/"),
            (
                Delivery::StoreInUse { reports: String::new() },
                None,
                "saved E; another autoheal uses the store; `autoheal serve`, or the next command that reports, records it",
            ),
        ] {
            assert_eq!(recorded("E", &delivery, path).as_deref(), Some(line));
        }
    }
}
