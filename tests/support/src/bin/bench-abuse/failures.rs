//! Made-up failures, all distinct, and requests that report them.

use std::fmt::Write;

use autoheal_test_support::service::Request;
use serde_json::{Value, json};

use crate::place::SENDER_KEY;

/// Maximum length of a text in the list fields of a report, in characters.
const TEXT_CHARS: usize = 4_000;
/// Entries of each list field of a large report.
const ENTRIES: usize = 50;

/// Letters that stand for a number, because numbers in a message do not distinguish failures.
pub(crate) fn word(mut number: usize) -> String {
    let mut word = String::new();
    loop {
        word.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
        if number == 0 {
            return word;
        }
    }
}

/// A failure that differs from those with another name, with a message of at least this length.
pub(crate) fn failure(name: &str, message_chars: usize) -> Value {
    json!({
        "id": uuid::Uuid::new_v4().to_string(),
        "error_type": format!("Error{name}"),
        "error_message": long_text(&format!("no such thing as {name}"), message_chars),
        "stack_trace": format!("Error{name}: no such thing\n    at find_{name} (https://shop.example/{name}.js:4:2)"),
    })
}

/// The failure of this name in a report that is nearly as large as a request may be.
pub(crate) fn large_failure(name: &str) -> Value {
    let text = long_text(name, TEXT_CHARS - 10);
    let texts: serde_json::Map<_, _> = (0..ENTRIES).map(|at| (format!("key{at}"), json!(text))).collect();
    let mut report = failure(name, 9_900);
    // the same frame, so that both reports have the same group
    let stack = report["stack_trace"].as_str().unwrap_or_default();
    report["stack_trace"] = json!(long_text(&format!("{stack}\n"), 49_000));
    report["logs"] = Value::Array(vec![json!({"message": text, "level": "info"}); ENTRIES]);
    report["tags"] = json!(texts);
    report["system"] = json!(texts);
    report["context"] = json!({"text": long_text(name, 60_000)});
    report
}

/// A text of at least this length that begins with another.
fn long_text(begin: &str, chars: usize) -> String {
    let mut text = begin.to_owned();
    for number in 0.. {
        if text.len() >= chars {
            break;
        }
        let _never_fails = write!(text, " {} went wrong", word(number * 7 + begin.len()));
    }
    text
}

/// A stranger's request with these reports.
pub(crate) fn anonymous(reports: Vec<Value>) -> Request {
    Request::report(Value::Array(reports).to_string())
}

/// The operator's request with these reports.
pub(crate) fn keyed(reports: Vec<Value>) -> Request {
    anonymous(reports).header("authorization", &format!("Bearer {SENDER_KEY}"))
}
