//! Measures the CPU time of the whole path that a report takes through `prepare`, and that it stays linear in hostile text.
//!
//! Prints a table and, last, one line of JSON. `--short` makes few rounds, and fails if the time is not linear.

use std::time::Duration;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use serde_json::json;
use serde_json::value::RawValue;

/// Distinct reports of each kind, so that no cache sees the same text again.
const REPORTS: usize = 64;
/// Sizes of the hostile texts in characters; the larger one is the limit of a stack.
const SIZES: [usize; 2] = [12_500, 50_000];
/// Largest ratio of the time per character at the two sizes. Noise alone reaches 1.3.
const MAX_GROWTH: f64 = 2.0;

/// Makes a stack of a number of bytes for the report with a number.
type Stack = fn(usize, usize) -> String;

/// Patterns that are repeated to make hostile stacks and messages.
const HOSTILE: [&str; 16] = [
    "    at f (https://a.test/a.js:1:2)\n",
    "f@https://a.test/a.js:1:2\n",
    "  File \"/a.py\", line 3, in f\n    x\n",
    "Traceback (most recent call last):\n",
    "Caused by: java.lang.Error: x\n\tat a.B.c(B.java:1)\n",
    "goroutine 1 [running]:\nmain.f()\n\t/a.go:1 +0x1\n",
    "stack backtrace:\n   0: a::b\n             at ./a.rs:1:1\n",
    "Error: a\n  ^\n",
    "((((",
    "''\"\"",
    "a@b.c://d:1 ",
    "0x1f <n> 12:30 1.2.3.4 ",
    "password=",
    "<html>{[\\",
    "/a/b.c:1:1 ",
    "é\u{301}́e",
];

fn main() {
    let short = std::env::args().any(|argument| argument == "--short");
    let rounds = if short { 2 } else { 60 };
    println!("{:<22}{:>10}{:>10}", "CPU in µs", "2 kB", "7 kB");
    let kinds: [(&str, Stack); 4] = [("Chromium", chromium), ("Firefox", firefox), ("Python", python), ("Rust", rust)];
    let mut browser = [0.0; 2];
    for (name, stack) in kinds {
        let [small, large] = [2_000, 7_000].map(|bytes| {
            let reports: Vec<Box<RawValue>> =
                (0..REPORTS).map(|number| report(name, number, &stack(number, bytes))).collect();
            micros(&reports, rounds)
        });
        println!("{name:<22}{small:>10.1}{large:>10.1}");
        if name == "Chromium" {
            browser = [small, large];
        }
    }
    let (worst, pattern) = growth(if short { 1 } else { 5 });
    println!("growth of the time per character from {} to {}: at most {worst:.2}, for {pattern:?}", SIZES[0], SIZES[1]);
    let round = |value: f64| (value * 100.0).round() / 100.0;
    println!(
        "{}",
        json!({
            "us_2k": round(browser[0]), "us_7k": round(browser[1]), "growth": round(worst),
        })
    );
    if short && worst > MAX_GROWTH {
        eprintln!("the time is not linear for {pattern:?}");
        std::process::exit(1);
    }
}

/// A report as clients send it, with this stack.
fn report(kind: &str, number: usize, stack: &str) -> Box<RawValue> {
    let source = if matches!(kind, "Python" | "Rust") { "cli" } else { "javascript_sdk" };
    let report = json!({
        "error_type": "TypeError",
        "error_message": format!("Cannot read properties of undefined (reading 'price{number}')"),
        "stack_trace": stack,
        "context": {
            "timestamp": "2026-11-22T08:00:00.000Z",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            "url": "https://shop.example/checkout?step=2",
            "method": "tools/call",
            "params": {"name": "price", "arguments": {"item": number, "note": "n".repeat(180)}},
        },
        "schema": 1, "source": source, "release": "2.4.1",
    });
    RawValue::from_string(report.to_string()).expect("JSON")
}

/// Repeats lines up to a size.
fn repeated(head: String, bytes: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = head;
    for depth in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&line(depth));
    }
    text
}

fn chromium(number: usize, bytes: usize) -> String {
    let head = format!("TypeError: Cannot read properties of undefined (reading 'price{number}')\n");
    repeated(head, bytes, |depth| {
        format!(
            "    at step{depth}Of{number} (https://shop.example/assets/checkout-BkX3d9Zq.js:{}:{depth})\n",
            depth + 40
        )
    })
}

fn firefox(number: usize, bytes: usize) -> String {
    repeated(String::new(), bytes, |depth| {
        format!("step{depth}Of{number}@https://shop.example/assets/checkout-BkX3d9Zq.js:{}:{depth}\n", depth + 40)
    })
}

fn python(number: usize, bytes: usize) -> String {
    let head = "Traceback (most recent call last):\n".to_owned();
    let lines = repeated(head, bytes, |depth| {
        format!(
            "  File \"/srv/shop/cart{depth}.py\", line {}, in step{number}\n    return total(cart, {depth})\n",
            depth + 40
        )
    });
    format!("{lines}TypeError: no price {number}")
}

fn rust(number: usize, bytes: usize) -> String {
    let head = format!("thread 'main' panicked at src/cart.rs:{number}:5:\nno price {number}\nstack backtrace:\n");
    repeated(head, bytes, |depth| {
        format!("  {depth:>2}: shop::cart::step{number}\n             at ./src/cart{depth}.rs:{}:9\n", depth + 40)
    })
}

/// CPU time of one report in microseconds: the median of the rounds.
fn micros(reports: &[Box<RawValue>], rounds: usize) -> f64 {
    let mut times: Vec<f64> = (0..=rounds)
        .map(|_| {
            let before = cpu_time();
            for report in reports {
                let record = prepare(std::hint::black_box(report), arrival(), ScrubLevel::Standard);
                std::hint::black_box(record.expect("a valid report"));
            }
            (cpu_time() - before).as_secs_f64() * 1e6 / reports.len() as f64
        })
        // the first round fills caches
        .skip(1)
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The largest growth of the time per character between the two sizes, and the pattern that has it.
fn growth(rounds: usize) -> (f64, &'static str) {
    let grown = |pattern: &'static str| {
        let time = |size: usize| {
            let text: String = pattern.chars().cycle().take(size).collect();
            let reports = ["javascript_sdk", "cli"].map(|source| {
                let report = json!({
                    "error_type": "E", "error_message": text, "stack_trace": text, "source": source,
                    "logs": [{"level": "stderr", "message": text}],
                });
                RawValue::from_string(report.to_string()).expect("JSON")
            });
            micros(&reports, rounds) / size as f64
        };
        (time(SIZES[1]) / time(SIZES[0]), pattern)
    };
    HOSTILE.into_iter().map(grown).fold((0.0, ""), |worst, next| if next.0 > worst.0 { next } else { worst })
}

fn arrival() -> Arrival {
    Arrival {
        project: DEFAULT_PROJECT.to_owned(),
        sender: Sender::Anonymous,
        client: Client::Own,
        received_at: Timestamp(0),
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
