//! What hangs, floods or talks too much, and what the watch remembers of it.

use super::*;

#[test]
fn streams_that_were_listened_to_are_forgotten_when_they_end() {
    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    let opened = story.asks(r#"{"jsonrpc":"2.0","id":4,"method":"subscriptions/listen","params":{}}"#);
    story.watch.exchange_ended(opened, ExchangeEnd { status: 200, broken: true, resumable: false }, story.now);
    assert!(story.watch.calls.is_empty());
    story.nothing();
}

#[test]
fn calls_that_hang_for_ever_leave_room_for_others() {
    let mut story = Story::ready();
    for id in 0..50_000 {
        story.asks(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/list"}}"#));
    }
    drop(story.told());
    story.calls(60_000, "divide");
    story.fails(60_000, "boom");
    assert_eq!(class(&story.only()), "tool_failure");
}

#[test]
fn a_call_that_panicked_runs_no_more() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.after(10).prints("\nthread 'main' (42) panicked at src/main.rs:13:50:\nindex out of bounds\n");
    assert_eq!(class(&story.only()), "no_answer");
    story.after(10).calls(2, "multiply");
    story.prints("INFO what was printed meanwhile\n");
    story.after(10).fails(2, "boom");
    let report = story.only();
    assert_eq!(context(&report, "stack_from").and_then(Json::as_str), Some("stderr"));
    assert_eq!(report.logs.len(), 1);
}

#[test]
fn a_panic_may_be_seen_before_its_request() {
    let mut story = Story::ready();
    story.prints("\nthread 'main' (42) panicked at src/main.rs:13:50:\nindex out of bounds\n");
    story.after(2).calls(1, "divide");
    let before = story.now;
    assert_eq!(story.only().error_type, "panic");
    assert!(story.now <= before.plus(Duration::from_secs(6)));
}

#[test]
fn ten_thousand_open_calls_take_little() {
    let mut story = Story::ready();
    let text = "x".repeat(10_000);
    for id in 0..10_000 {
        story.asks(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"divide","arguments":{{"text":"{text}"}}}}}}"#
        ));
    }
    assert!(story.watch.calls.remaining_param_bytes() < 16 * 1024);
    for id in 0..10_000 {
        story.works(id);
    }
    assert!(story.watch.calls.is_empty() && story.watch.calls.remaining_param_bytes() == 8 * 1024 * 1024);
    story.nothing();
}

#[test]
fn a_flood_of_different_failures_is_told_a_few_at_a_time_and_takes_little() {
    let mut story = Story::ready();
    for id in 0..2_000 {
        story.asks(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"resources/read","params":{{"uri":"file:///{id}"}}}}"#
        ));
        story.answers(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"disk {id} on fire"}}}}"#
        ));
    }
    let now = story.after(6_000).now;
    // nobody else sees the watch meanwhile, and each looks through what was printed
    assert!(story.watch.reports(now).len() <= 10);
    story.calls(9_000, "divide");
    story.fails(9_000, "division by zero");
    let told = story.told();
    assert!(told.len() < 500, "{}", told.len());
    assert_eq!(told.iter().filter(|report| class(report) == "tool_failure").count(), 1);
    let counted: u64 = told.iter().map(|report| report.count.unwrap_or(1)).sum();
    assert_eq!(counted, 2_000 - 10 + 1);
}

#[test]
fn a_panic_among_many_calls_is_looked_for_among_few() {
    let mut story = Story::ready();
    for id in 0..1_000 {
        story.calls(id, "divide");
    }
    for _ in 0..40 {
        story.prints(&"INFO a line of the log that is some sixty characters long, say\n".repeat(100));
    }
    story.prints("\nthread 'main' (42) panicked at src/divide.rs:13:50:\nindex out of bounds\n");
    let now = story.after(6_000).now;
    let told = story.watch.reports(now);
    assert_eq!(told.iter().map(|report| report.count.unwrap_or(1)).sum::<u64>(), 10);
}

#[test]
fn nothing_a_peer_says_is_remembered_without_bound() {
    let long = "x".repeat(400_000);
    let mut story = Story::begins();
    story.asks(&format!(r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{long}","clientInfo":{{"name":"{long}","version":"{long}"}}}}}}"#));
    story.answers(&format!(r#"{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"{long}","serverInfo":{{"name":"{long}","version":"{long}"}}}}}}"#));
    story.asks(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#);
    story.answers(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{{"name":"{long}"}}]}}}}"#));
    story.asks(r#"{"jsonrpc":"2.0","id":2,"method":"resources/list"}"#);
    story.answers(&format!(r#"{{"jsonrpc":"2.0","id":2,"result":{{"resources":[{{"uri":"{long}"}}]}}}}"#));
    story.asks(&format!(
        r#"{{"jsonrpc":"2.0","id":"{long}","method":"{long}","params":{{"_meta":{{"progressToken":"{long}"}}}}}}"#
    ));
    story.answers(&format!(r#"{{"jsonrpc":"2.0","id":"{long}","method":"ping"}}"#));
    let remembered = format!("{:?}", story.watch);
    assert!(remembered.len() < 20_000, "{}", remembered.len());

    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    story.answers(&format!(r#"{{"jsonrpc":"2.0","error":{{"code":-32700,"message":"{long}"}}}}"#));
    assert!(format!("{:?}", story.watch).len() < 20_000);
}

#[test]
fn a_question_nobody_answers_excuses_only_what_waits_for_it() {
    let mut story = Story::ready();
    story.answers(r#"{"jsonrpc":"2.0","id":9,"method":"roots/list"}"#);
    story.after(1_000).calls(1, "divide");
    assert_eq!(class(&story.only()), "no_answer");

    let mut story = Story::ready();
    story.calls(1, "divide");
    story.answers(r#"{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}}"#);
    let now = story.after(200_000).now;
    assert!(story.watch.reports(now).is_empty());
    // the server waits no more
    story.answers(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#);
    assert!(story.watch.reports(story.now).is_empty());
    assert_eq!(class(&story.only()), "no_answer");
}
