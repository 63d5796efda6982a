use serde_json::json;
use serde_json::value::to_raw_value;

use super::*;
use crate::fingerprint::Fingerprinted;
use crate::rules::Rules;
use crate::validate::{Client, Sender};
use crate::{ScrubLevel, Timestamp, begin};

fn arrival() -> Arrival {
    let received_at = Timestamp(0);
    Arrival { project: "default".to_owned(), sender: Sender::Anonymous, client: Client::Own, received_at }
}

fn original(function: &str, file: &str, line: u32) -> Original {
    Original {
        function: Some(function.to_owned()),
        file: file.to_owned(),
        line,
        column: 7,
        is_ignored: false,
        commit: None,
        first_line: line - 1,
        lines: vec!["// before".to_owned(), "total(user.password = 'hunter2-secret')".to_owned()],
    }
}

fn prepared(bundle: &str, function: &str, column: u32, maps: Maps<'_>) -> Fingerprinted {
    let stack = format!(
        "TypeError: x is undefined\n    at {function} (https://shop.example/assets/{bundle}:1:{column})\n    at n (https://shop.example/assets/{bundle}:1:9)"
    );
    let report = json!({"error_type": "TypeError", "error_message": "x is undefined", "stack_trace": stack});
    begin(&to_raw_value(&report).unwrap(), arrival()).unwrap().finish(ScrubLevel::Standard, maps, &Rules::default())
}

#[test]
fn mapped_frames_have_original_places_and_code_and_group_across_builds() {
    let maps = |_: &str, _: u32, column: u32| {
        Some(if column == 9 {
            original("main", "node_modules/lib/run.js", 4)
        } else {
            original("Cart.total", "src/cart.ts", 12)
        })
    };
    let first = prepared("index-BkZ3q9Lw.js", "t", 100, &maps);
    let frame = &first.frames()[0];
    assert_eq!((frame.function.as_deref(), frame.file.as_deref()), (Some("Cart.total"), Some("src/cart.ts")));
    assert_eq!((frame.position().as_str(), frame.in_app), (":12:7", true));
    assert!(!first.frames()[1].in_app, "a dependency");
    assert_eq!(first.code().len(), 1, "only the application's own frames have code");
    assert_eq!((first.code()[0].frame, first.code()[0].first_line), (0, 11));
    assert!(!first.code()[0].lines[1].contains("hunter2"), "{:?}", first.code());
    let second = prepared("index-CcQ81xYz.js", "r", 2350, &maps);
    assert_eq!(first.fingerprint(), second.fingerprint(), "two builds");
}

#[test]
fn without_maps_nothing_changes() {
    let plain = prepared("app.js", "checkout", 100, &|_, _, _| None);
    assert_eq!(plain.frames()[0].function.as_deref(), Some("checkout"));
    assert_eq!((plain.code(), plain.generated_fingerprint()), (&[][..], None));
    let mapped = prepared("app.js", "checkout", 100, &|_, _, _| Some(original("checkout", "src/checkout.ts", 3)));
    // the group that the report had before its map arrived
    assert_eq!(mapped.generated_fingerprint(), Some(plain.fingerprint()));
    assert_ne!(mapped.fingerprint(), plain.fingerprint());
}

#[test]
fn scripts_are_the_generated_files_with_their_debug_ids() {
    let stack = "Error: x\n    at a (https://shop.example/a.js:1:1)\n    at b (https://shop.example/b.js?v=2:1:1)\n    at c (https://shop.example/a.js:9:9)\n    at native";
    let registered = "Error\n    at https://shop.example/b.js?v=2:1:5\n    at https://shop.example/a.js:1:9";
    let ids = json!({"https://shop.example/a.js": "id of a", registered: "id of b"});
    let report = json!({"error_type": "Error", "error_message": "x", "stack_trace": stack, "debug_ids": ids});
    let parsed = begin(&to_raw_value(&report).unwrap(), arrival()).unwrap();
    let script =
        |file: &str, id: &str| Script { file: format!("https://shop.example/{file}"), debug_id: Some(id.to_owned()) };
    assert_eq!(parsed.scripts(), [script("a.js", "id of a"), script("b.js?v=2", "id of b")]);

    let python = json!({"source": "cli", "error_type": "E", "error_message": "x",
        "stack_trace": "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\nE: x"});
    assert_eq!(begin(&to_raw_value(&python).unwrap(), arrival()).unwrap().scripts(), []);
}

/// A report of a command with lines of source for its frames, from this sender.
fn with_source_code(sender: Sender) -> Fingerprinted {
    let stack = "Traceback (most recent call last):\n  File \"/home/ada/shop/app.py\", line 7, in main\n  File \"/home/ada/shop/cart.py\", line 2, in total\n  File \"/usr/lib/python3.11/json/decoder.py\", line 5, in decode\nKeyError: 'x'";
    let excerpt = |file: &str, line: u32, state: &str| {
        json!({"file": file, "line": line, "path": file.trim_start_matches('/'), "first_line": line - 1,
            "lines": ["# before\n# not a second line", "password = 'hunter2-secret'", "3", "4", "5", "6"], "state": state})
    };
    let excerpts = [
        excerpt("/home/ada/shop/cart.py", 2, "changed"),
        excerpt("/home/ada/shop/cart.py", 3, "committed"),
        excerpt("/usr/lib/python3.11/json/decoder.py", 5, "committed"),
    ];
    let code =
        json!({"repository": "acme/shop", "commit": "0123456789abcdef0123456789abcdef01234567", "excerpts": excerpts});
    let report = json!({"source": "cli", "error_type": "KeyError", "error_message": "'x'", "stack_trace": stack, "source_code": code});
    let arrival = Arrival { sender, ..arrival() };
    begin(&to_raw_value(&report).unwrap(), arrival).unwrap().finish(
        ScrubLevel::Standard,
        &|_, _, _| None,
        &Rules::default(),
    )
}

#[test]
fn lines_of_a_known_senders_checkout_are_those_of_its_own_frames() {
    let prepared = with_source_code(Sender::Keyed);
    let [code] = prepared.code() else { panic!("one own frame has lines: {:?}", prepared.code()) };
    assert_eq!((code.frame, code.first_line, code.lines.len()), (1, 1, 5), "cut to five lines");
    assert_eq!(code.lines[0], "# before", "a line is one line");
    assert!(!code.lines[1].contains("hunter2"), "{:?}", code.lines);
    let checkout = code.checkout.as_ref().unwrap();
    assert_eq!((checkout.repository.as_deref(), checkout.state), (Some("acme/shop"), FileState::Changed));
    assert!(prepared.report().source_code.is_none(), "the lines are kept once");
    assert!(!prepared.is_mapped());
}

#[test]
fn a_strangers_lines_are_dropped() {
    let prepared = with_source_code(Sender::Anonymous);
    assert_eq!((prepared.code(), &prepared.report().source_code), (&[][..], &None));
    // the lines never decide about the group
    assert_eq!(prepared.fingerprint(), with_source_code(Sender::Local).fingerprint());
}
