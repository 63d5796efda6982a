//! Memory and time limits: calls that hang, floods of failures, and very long messages.

use super::*;

#[test]
fn listen_calls_are_removed_when_their_stream_ends() {
    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    let opened = story.client_sends(r#"{"jsonrpc":"2.0","id":4,"method":"subscriptions/listen","params":{}}"#);
    story.watch.exchange_ended(opened, ExchangeEnd { status: 200, broken: true, resumable: false }, story.now);
    assert!(story.watch.open_calls.is_empty());
    story.no_report();
}

#[test]
fn unanswered_calls_are_evicted_when_the_limit_is_reached() {
    let mut story = Story::ready();
    for id in 0..50_000 {
        story.client_sends(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/list"}}"#));
    }
    drop(story.reports());
    story.calls(60_000, "divide");
    story.fails(60_000, "boom");
    assert_eq!(class(&story.only_report()), "tool_failure");
}

#[test]
fn a_call_that_panicked_does_not_overlap_later_calls() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.after(10).prints("\nthread 'main' (42) panicked at src/main.rs:13:50:\nindex out of bounds\n");
    assert_eq!(class(&story.only_report()), "no_answer");
    story.after(10).calls(2, "multiply");
    story.prints("INFO multiplying\n");
    story.after(10).fails(2, "boom");
    let report = story.only_report();
    assert_eq!(context(&report, "stack_from").and_then(Json::as_str), Some("stderr"));
    assert_eq!(report.logs.len(), 1);
}

#[test]
fn a_panic_may_be_seen_before_its_request() {
    let mut story = Story::ready();
    let asked = story.now;
    let printed = story.after(2).now;
    story.prints("\nthread 'main' (42) panicked at src/main.rs:13:50:\nindex out of bounds\n");
    story.now = asked;
    story.calls(1, "divide");
    story.now = printed;
    let before = story.now;
    assert_eq!(story.only_report().error_type, "panic");
    assert!(story.now <= before.plus(Duration::from_secs(6)));
}

#[test]
fn ten_thousand_open_calls_use_bounded_memory() {
    let mut story = Story::ready();
    let text = "x".repeat(10_000);
    for id in 0..10_000 {
        story.client_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"divide","arguments":{{"text":"{text}"}}}}}}"#
        ));
    }
    assert!(story.watch.open_calls.remaining_param_bytes() < 16 * 1024);
    for id in 0..10_000 {
        story.succeeds(id);
    }
    assert!(story.watch.open_calls.is_empty() && story.watch.open_calls.remaining_param_bytes() == 8 * 1024 * 1024);
    story.no_report();
}

#[test]
fn a_flood_of_different_failures_is_bounded_and_reported_in_batches() {
    let mut story = Story::ready();
    for id in 0..2_000 {
        story.client_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/read","params":{{"uri":"file:///{id}"}}}}"#
        ));
        story.server_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"disk {id} on fire"}}}}"#
        ));
    }
    let now = story.after(6_000).now;
    // each report scans standard error and blocks the relay
    assert!(story.watch.reports(now).len() <= 10);
    story.calls(9_000, "divide");
    story.fails(9_000, "division by zero");
    let reports = story.reports();
    assert!(reports.len() < 500, "{}", reports.len());
    assert_eq!(reports.iter().filter(|report| class(report) == "tool_failure").count(), 1);
    let counted: u64 = reports.iter().map(|report| report.count.unwrap_or(1)).sum();
    assert_eq!(counted, 2_000 - 10 + 1);
}

#[test]
fn a_flood_of_one_client_hides_no_failure_of_another() {
    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    let mut fail = |network: u8, id: u32| {
        let peer = crate::Peer { network: u64::from(network), address: [192, 0, 2, network].into() };
        let scope = Scope { session: u64::from(network), peer: Some(peer), session_hash: None, trace: None };
        let call = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"tool-{id}"}}}}"#);
        let failure = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"disk on fire"}}}}"#);
        story.watch.from_client(scope, &Message::Whole(call.as_bytes()), story.now);
        story.watch.from_server(scope, &Message::Whole(failure.as_bytes()), story.now);
    };
    (0..2_000).for_each(|id| fail(1, id));
    fail(2, 9_000);
    let reports = story.reports();
    assert!(reports.len() < 500, "{}", reports.len());
    let of_other: Vec<_> = reports.iter().filter(|report| report.error_message.starts_with("tool-9000: ")).collect();
    assert_eq!(of_other.iter().map(|report| report.count.unwrap_or(1)).collect::<Vec<_>>(), [1]);
    assert!(reports.iter().filter(|report| report.client == of_other[0].client).count() == 1);
}

#[test]
fn a_panic_among_many_calls_is_checked_for_a_few_of_them() {
    let mut story = Story::ready();
    for id in 0..1_000 {
        story.calls(id, "divide");
    }
    for _ in 0..40 {
        story.prints(&"INFO a line of the log that is some sixty characters long, say\n".repeat(100));
    }
    story.prints("\nthread 'main' (42) panicked at src/divide.rs:13:50:\nindex out of bounds\n");
    let now = story.after(6_000).now;
    let reports = story.watch.reports(now);
    assert_eq!(reports.iter().map(|watched| watched.report.count.unwrap_or(1)).sum::<u64>(), 10);
}

#[test]
fn stored_data_is_bounded_for_very_long_messages() {
    let long = "x".repeat(400_000);
    let mut story = Story::new();
    story.client_sends(&format!(r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{long}","clientInfo":{{"name":"{long}","version":"{long}"}}}}}}"#));
    story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"{long}","serverInfo":{{"name":"{long}","version":"{long}"}}}}}}"#));
    story.client_sends(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{{"name":"{long}"}}]}}}}"#));
    story.client_sends(r#"{"jsonrpc":"2.0","id":2,"method":"resources/list"}"#);
    story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":2,"result":{{"resources":[{{"uri":"{long}"}}]}}}}"#));
    story.client_sends(&format!(
        r#"{{"jsonrpc":"2.0","id":"{long}","method":"{long}","params":{{"_meta":{{"progressToken":"{long}"}}}}}}"#
    ));
    story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":"{long}","method":"ping"}}"#));
    let stored = format!("{:?}", story.watch);
    assert!(stored.len() < 20_000, "{}", stored.len());

    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    story.server_sends(&format!(r#"{{"jsonrpc":"2.0","error":{{"code":-32700,"message":"{long}"}}}}"#));
    assert!(format!("{:?}", story.watch).len() < 20_000);
}

#[test]
fn an_open_server_request_prevents_only_timeouts_of_earlier_calls() {
    let mut story = Story::ready();
    story.server_sends(r#"{"jsonrpc":"2.0","id":9,"method":"roots/list"}"#);
    story.after(1_000).calls(1, "divide");
    assert_eq!(class(&story.only_report()), "no_answer");

    let mut story = Story::ready();
    story.calls(1, "divide");
    story.server_sends(r#"{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}}"#);
    let now = story.after(200_000).now;
    assert!(story.watch.reports(now).is_empty());
    // the server cancels its request
    story.server_sends(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#);
    assert!(story.watch.reports(story.now).is_empty());
    assert_eq!(class(&story.only_report()), "no_answer");
}
