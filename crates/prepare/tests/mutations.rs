//! Random mutations of recorded failures, for the code that reads text from outside: no text may make it panic.
//!
//! Each target runs for a second. For longer runs, `AUTOHEAL_MUTATION_SECONDS=600 cargo test -p autoheal-prepare --release
//! --test mutations TARGET`; `AUTOHEAL_MUTATION_SEED` repeats a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use autoheal_contract::Source;
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::normalise::{explain_message, normalise_message};
use autoheal_prepare::parse::{find_in_streams, parse_stack_from, plain_text, readable};
use autoheal_prepare::scrub::scrub_with;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use fastrand::Rng;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

const RECORDED: &str = include_str!("../../../tests/grouping/reports.jsonl");
/// Maximum size of a text in bytes, so that many are tried.
const MAX_BYTES: usize = 3_000;

/// Parts of texts that the parsers look for.
const TOKENS: [&str; 40] = [
    "\n",
    "\r\n",
    "\n\n",
    "    at ",
    " (",
    ")",
    ":",
    ": ",
    "@",
    "'",
    "\"",
    "`",
    "<",
    ">",
    "{",
    "}",
    "[",
    "]",
    "\\",
    "/",
    "://",
    "│ ",
    "╭─ Error ─",
    "Caused by: ",
    "Traceback (most recent call last):\n",
    "  File \"",
    "\", line ",
    "Error: ",
    "panicked at ",
    "goroutine 1 [running]:\n",
    "stack backtrace:\n",
    "\u{1b}[31m",
    "\u{0}",
    "é",
    "\u{202e}",
    "🦀",
    "0x",
    "4294967296",
    "password=",
    "Bearer ",
];

/// Makes texts by mutating and mixing the recorded ones.
struct Texts {
    rng: Rng,
    recorded: Vec<String>,
}

impl Texts {
    fn new(rng: Rng) -> Self {
        let lines = RECORDED.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        let texts = lines.flat_map(|line| {
            let report = &line["report"];
            let texts = [&line["stdout"], &line["stderr"], &report["error_message"], &report["stack_trace"]];
            texts.map(|text| text.as_str().unwrap_or_default().to_owned())
        });
        Self { rng, recorded: texts.filter(|text| !text.is_empty()).collect() }
    }

    fn next(&mut self) -> String {
        let mut text = self.part();
        for _ in 0..self.rng.usize(1..12) {
            let at = self.place(&text);
            match self.rng.u8(0..7) {
                0 => text.truncate(at),
                1 => text.insert_str(at, TOKENS[self.rng.usize(..TOKENS.len())]),
                2 => {
                    let part = self.part();
                    text.insert_str(at, &part);
                }
                3 => text.insert(at, self.rng.char(..)),
                4 => {
                    let to = self.place(&text);
                    text.replace_range(at.min(to)..at.max(to), "");
                }
                5 => {
                    let to = self.place(&text);
                    let repeated = text[at.min(to)..at.max(to)].repeat(self.rng.usize(1..4));
                    text.insert_str(at, &repeated);
                }
                _ => {
                    let lines: Vec<&str> = text.split_inclusive('\n').collect();
                    let (one, other) = (self.rng.usize(..lines.len().max(1)), self.rng.usize(..lines.len().max(1)));
                    let mut lines = lines;
                    if !lines.is_empty() {
                        lines.swap(one, other);
                    }
                    text = lines.concat();
                }
            }
            let mut end = text.len().min(MAX_BYTES);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
        text
    }

    /// A part of a recorded text.
    fn part(&mut self) -> String {
        let text = self.recorded[self.rng.usize(..self.recorded.len())].clone();
        let (from, to) = (self.place(&text), self.place(&text));
        if self.rng.bool() { text } else { text[from.min(to)..from.max(to)].to_owned() }
    }

    /// An offset between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.rng.usize(..=text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Passes random texts to a target, and fails with the seed and the text if it panics.
fn run(target: impl Fn(&str, &str)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("AUTOHEAL_MUTATION_SEED").unwrap_or_else(|| fastrand::u64(..));
    let duration = Duration::from_secs(number("AUTOHEAL_MUTATION_SECONDS").unwrap_or(1));
    println!("AUTOHEAL_MUTATION_SEED={seed}");
    let mut texts = Texts::new(Rng::with_seed(seed));
    let began = Instant::now();
    let mut count = 0_u64;
    while began.elapsed() < duration {
        let (text, other) = (texts.next(), texts.next());
        let panicked = catch_unwind(AssertUnwindSafe(|| target(&text, &other))).is_err();
        assert!(!panicked, "AUTOHEAL_MUTATION_SEED={seed}, text {count}: {text:?} with {other:?}");
        count += 1;
    }
    println!("{count} texts");
}

#[test]
fn finder() {
    run(|text, other| {
        let [errors, output] = [text, other].map(|text| readable(&plain_text(text.as_bytes())).into_owned());
        let streams = [errors.as_str(), output.as_str()];
        if let Some((stream, failure)) = find_in_streams(&streams) {
            assert!(!failure.error_message.is_empty());
            assert!(streams[stream].get(failure.range.clone()).is_some(), "the range is in the text");
        }
    });
}

#[test]
fn frames() {
    run(|text, message| {
        for source in [Source::JavascriptSdk, Source::Cli, Source::Rust] {
            assert!(parse_stack_from(source, text, message).len() <= 101);
        }
    });
}

#[test]
fn messages() {
    run(|text, other| {
        let _normal = normalise_message(text);
        for error_type in ["TypeError", "RangeError", "SyntaxError", "ReferenceError", "Error", other] {
            let _form = explain_message(error_type, text);
        }
    });
}

#[test]
fn scrub() {
    run(|text, _| {
        for level in [ScrubLevel::Standard, ScrubLevel::Strict] {
            let _scrubbed = scrub_with(text, level);
        }
    });
}

#[test]
fn whole_path() {
    run(|text, other| {
        for source in ["javascript_sdk", "cli", "rust", "mcp_tool"] {
            let logs: Vec<Value> = other.lines().map(|line| json!({"message": line, "level": "stderr"})).collect();
            let raw = to_raw_value(&json!({
                "error_type": text.lines().next().unwrap_or("E"), "error_message": text, "stack_trace": other,
                "source": source, "logs": logs, "command": text,
                "causes": [{"error_type": "E", "error_message": other, "stack_trace": text}],
            }));
            let arrival = Arrival {
                project: DEFAULT_PROJECT.to_owned(),
                sender: Sender::Anonymous,
                client: Client::Own,
                received_at: Timestamp(0),
            };
            if let Ok(record) = prepare(&raw.unwrap(), arrival, ScrubLevel::Standard) {
                let _previous = record.previous_fingerprint();
            }
        }
    });
}
