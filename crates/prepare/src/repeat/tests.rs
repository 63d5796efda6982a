//! Tests of the key: what makes two reports the same, and what keeps them apart.

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_scrub::Level;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::*;
use crate::prepare;
use crate::validate::Sender;

fn arrival(sender: Sender) -> Arrival {
    let client = Client::network([192, 0, 2, 1].into());
    Arrival { project: DEFAULT_PROJECT.to_owned(), sender, client, received_at: Timestamp(1) }
}

fn report() -> Value {
    json!({
        "error_type": "TypeError", "error_message": "x is not a function", "stack_trace": "at f (https://a.example/b.js:1:2)",
        "context": {"url": "https://a.example/1"}, "id": "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10", "release": "1.0",
        "rpc": {"method": "tools/call", "tool": "price", "code": -32000, "params": {"item": 1}, "duration_ms": 2.5},
        "logs": ["first"],
    })
}

/// The report with other members.
fn with(members: Value) -> Value {
    let mut report = report();
    for (name, value) in members.as_object().unwrap() {
        report[name] = value.clone();
    }
    report
}

fn occurrence(report: &Value, sender: Sender) -> Occurrence {
    Received::of(&to_raw_value(report).unwrap()).occurrence(&arrival(sender), &Rules::default()).unwrap()
}

fn key_of(report: &Value) -> RepeatKey {
    occurrence(report, Sender::Anonymous).key()
}

/// What the store counts of a prepared report.
fn counted(report: &Value) -> (Fingerprint, Option<String>) {
    let record = prepare(&to_raw_value(report).unwrap(), arrival(Sender::Anonymous), Level::Standard).unwrap();
    (record.fingerprint(), record.report().release.clone())
}

#[test]
fn what_only_a_sample_shows_is_not_part_of_the_key() {
    for members in [
        json!({"id": "00000000-0000-4000-8000-000000000001", "count": 3, "first_seen": "2026-11-22T08:00:00Z"}),
        json!({"context": {"url": "https://a.example/2?q#f", "timestamp": "later"}, "client": "session-2", "user": "u"}),
        json!({"logs": ["second", "third"], "last_seen": false}),
        json!({"rpc": {"method": "tools/call", "tool": "price", "code": -32000, "params": {"item": 2}, "duration_ms": 7}}),
        json!({"rpc": {"method": "tools/call", "tool": "price", "code": -32000, "id": "1764228366123456", "session_hash": "7"}}),
        json!({ "trace": trace() }),
    ] {
        let other = with(members);
        assert_eq!(key_of(&other), key_of(&report()), "{other}");
        assert_eq!(counted(&other), counted(&report()), "{other}");
    }
}

#[test]
fn whatever_decides_about_group_or_release_is_part_of_the_key() {
    let rpc = |rpc: Value| json!({ "rpc": rpc });
    let different = [
        json!({"error_type": "RangeError"}),
        json!({"error_message": "y is not a function"}),
        json!({"stack_trace": "at g (https://a.example/b.js:1:2)"}),
        json!({"release": "1.1"}),
        json!({"source": "mcp_tool"}),
        json!({"class": "application"}),
        json!({"debug_ids": {"https://a.example/b.js": "85314830-023f-4cf1-a267-535f4e37bb17"}}),
        json!({"unknown": 1}),
        rpc(json!({"method": "tools/call", "tool": "price", "code": -32001, "params": {"item": 1}})),
        rpc(json!({"method": "tools/call", "tool": "sum", "code": -32000})),
        rpc(json!({"method": "tools/call", "code": -32000, "params": {"name": "price"}})),
        rpc(json!({"method": "tools/call", "code": -32000, "params": {"name": "sum"}})),
        json!({"rpc": null}),
        json!({"source": "cli"}),
        json!({"source": "cli", "logs": ["second"]}),
        json!({"context": {"url": "http://localhost/1"}}),
        json!({"context": {"url": "https://a.example/1", "userAgent": "Googlebot/2.1"}}),
        json!({"context": 5}),
        json!({"source_code": {"repository": "octo/shop"}}),
    ];
    let mut keys: Vec<RepeatKey> = different.into_iter().map(|members| key_of(&with(members))).collect();
    keys.push(key_of(&report()));
    keys.push(occurrence(&report(), Sender::Keyed).key());
    for (at, key) in keys.iter().enumerate() {
        assert!(!keys[at + 1..].contains(key), "report {at}");
    }
}

fn trace() -> Value {
    json!({"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"})
}

#[test]
fn a_repeat_is_about_the_same_end_of_the_same_call_as_its_report_prepared() {
    let calls = [
        json!({"method": "tools/call", "tool": "price", "id": "1764228366123456"}),
        json!({"method": "tools/call", "tool": "price", "id": "1764228366123457"}),
        json!({"method": "tools/call", "tool": "price", "id": "1", "session_hash": "7"}),
        json!({"method": "tools/call", "tool": "price", "id": "1", "session_hash": "no number"}),
        json!({"method": "tools/call", "tool": "price", "id": 17, "session_hash": "7"}),
        json!({"method": "resources/read", "tool": "file:///home/jane/a", "id": "1764228366123456"}),
        json!({"method": "tools/call", "tool": "send to jane@shop.example", "id": "1764228366123456"}),
        json!({"tool": "price", "id": "1764228366123456"}),
        json!({"method": "tools/call", "tool": "price", "id": "x".repeat(2_000)}),
        json!("no call"),
    ];
    let mut ends = Vec::new();
    for (rpc, source, class, trace) in calls.iter().flat_map(|rpc| {
        ["javascript_sdk", "mcp_tool", "cli"].into_iter().flat_map(move |source| {
            ["tool_failure", "caller_error"].into_iter().flat_map(move |class| {
                [trace(), json!({"trace_id": "0"}), Value::Null].map(|trace| (rpc, source, class, trace))
            })
        })
    }) {
        let report = with(json!({"rpc": rpc, "source": source, "class": class, "trace": trace}));
        let raw = to_raw_value(&report).unwrap();
        let record = prepare(&raw, arrival(Sender::Anonymous), Level::Standard).unwrap();
        let repeat = occurrence(&report, Sender::Anonymous).repeat(Arc::new(KnownFailure::of(&record)));
        assert_eq!(repeat.end(), CallEnd::of(record.report()), "{report}");
        let request = record.report().rpc.as_ref().and_then(crate::request_key);
        assert_eq!(repeat.request_key(), request, "{report}");
        ends.push(repeat.end());
    }
    let about_calls = ends.iter().flatten().count();
    assert!(about_calls > 20 && about_calls < ends.len(), "{about_calls}");
}

#[test]
fn a_report_whose_request_id_would_be_scrubbed_is_prepared() {
    for id in ["jane@shop.example", "/home/jane/17"] {
        let raw = to_raw_value(&with(json!({"rpc": {"method": "tools/call", "id": id}}))).unwrap();
        assert!(Received::of(&raw).occurrence(&arrival(Sender::Anonymous), &Rules::default()).is_none(), "{id}");
    }
}

#[test]
fn the_whole_url_is_part_of_the_key_if_a_rule_names_urls() {
    let rules: Rules =
        serde_json::from_value(json!({"noise": {"rule": [{"name": "preview", "url": "*/preview/*"}]}})).unwrap();
    let key = |url: &str, rules: &Rules| {
        let raw = to_raw_value(&with(json!({"context": { "url": url }}))).unwrap();
        Received::of(&raw).occurrence(&arrival(Sender::Anonymous), rules).unwrap().key()
    };
    let (page, preview) = ("https://a.example/1", "https://a.example/preview/1");
    assert_ne!(key(page, &rules), key(preview, &rules));
    assert_eq!(key(page, &Rules::default()), key(preview, &Rules::default()));
}

#[test]
fn a_call_that_cannot_be_read_makes_another_key() {
    let text = report().to_string();
    let spoiled = text.replace(r#""item":1"#, r#""item":1e999"#);
    assert_ne!(text, spoiled);
    let raw: &RawValue = serde_json::from_str(&spoiled).unwrap();
    let key = Received::of(raw).occurrence(&arrival(Sender::Anonymous), &Rules::default()).unwrap().key();
    assert_ne!(key, key_of(&report()));
    assert_eq!(key, key_of(&with(json!({"rpc": 5}))), "both are read as no call");
}

#[test]
fn a_repeat_counts_what_its_own_report_says() {
    let record = prepare(&to_raw_value(&report()).unwrap(), arrival(Sender::Anonymous), Level::Standard).unwrap();
    let id = "00000000-0000-4000-8000-000000000001";
    let other = with(json!({"id": id, "count": 4_000_000}));
    let repeat = occurrence(&other, Sender::Anonymous).repeat(Arc::new(KnownFailure::of(&record)));
    assert_eq!(repeat.identity().uuid().to_string(), id);
    assert_eq!((repeat.count(), repeat.release()), (100, Some("1.0")), "a stranger's count is limited");
    assert_eq!(repeat.fingerprint(), record.fingerprint());
    assert_eq!((repeat.noise(), record.noise()), (None, None));
}

#[test]
fn a_repeat_is_noise_by_the_rule_of_the_first_report() {
    let crawled = with(json!({"context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}));
    let record = prepare(&to_raw_value(&crawled).unwrap(), arrival(Sender::Anonymous), Level::Standard).unwrap();
    let repeat = occurrence(&crawled, Sender::Anonymous).repeat(Arc::new(KnownFailure::of(&record)));
    assert_eq!(repeat.noise(), Some("crawler"));
}

#[test]
fn a_report_that_cannot_be_split_or_is_our_own_is_no_repeat() {
    let own = Arrival { client: Client::Own, ..arrival(Sender::Local) };
    assert!(Received::of(&to_raw_value(&report()).unwrap()).occurrence(&own, &Rules::default()).is_none());
    for text in ["5", "[]", r#"{"\ud800": 1, "error_type": "E"}"#] {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        assert!(Received::of(raw).occurrence(&arrival(Sender::Anonymous), &Rules::default()).is_none(), "{text}");
    }
}
