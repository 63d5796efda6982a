//! Calls without a response in time: reported when they end without one, in the words of a late response if one comes.

use super::*;

const CANCEL: &str =
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"the user went on"}}"#;

/// A conversation in which a call has been open for this many seconds.
fn waiting(seconds: u64) -> Story {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.after(seconds * 1_000);
    assert!(story.watch.reports(story.now).is_empty(), "reported after {seconds} s, while it may still be answered");
    story
}

#[test]
fn a_late_success_is_no_failure() {
    for seconds in [121, 360, 1_100] {
        let mut story = waiting(seconds);
        story.succeeds(1);
        story.no_report();
    }
    let mut start = Story::new();
    start.client_sends(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#);
    start.after(180_000).server_sends(r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}"#);
    start.no_report();
}

#[test]
fn a_late_failure_is_reported_in_its_own_words() {
    for seconds in [121_u32, 360, 1_100] {
        let mut story = waiting(seconds.into());
        story.fails(1, "division by zero");
        let report = story.only_report();
        assert_eq!((class(&report), report.error_message.as_str()), ("tool_failure", "divide: division by zero"));
        assert_eq!(report.rpc.unwrap().duration_ms, Some(f64::from(seconds) * 1_000.0));
    }
}

#[test]
fn a_call_that_is_open_for_too_long_is_reported_once_and_its_late_failure_too() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    let report = story.only_report();
    assert_eq!(
        (class(&report), report.error_message.as_str()),
        ("no_answer", "divide was never answered: nothing came for 1200 s")
    );
    assert!(context(&report, "open").is_some());
    story.fails(1, "late");
    assert_eq!(story.only_report().error_message, "divide: late");
    let mut success = Story::ready();
    success.calls(1, "divide");
    success.only_report();
    success.succeeds(1);
    success.no_report();
}

/// A way in which a client stops to wait for a call.
type End = fn(&mut Story);

#[test]
fn a_call_that_timed_out_is_reported_when_its_client_stops_waiting() {
    let exit = Exit { code: Some(0), signal: None };
    let ends: [(&str, End); 4] = [
        ("cancelled", |story| drop(story.client_sends(CANCEL))),
        ("closed", |story| {
            story.watch.client_closed();
            story.watch.server_ended(Exit { code: Some(0), signal: None }, false, story.now);
        }),
        ("stopped", |story| {
            story.watch.server_ended(Exit { code: None, signal: Some("SIGTERM".to_owned()) }, true, story.now);
        }),
        ("left", |story| {
            story.watch.client_left();
            story.watch.server_ended(Exit { code: Some(1), signal: None }, false, story.now);
        }),
    ];
    for (name, end) in ends {
        let mut story = waiting(130);
        end(&mut story);
        let report = story.only_report();
        assert_eq!(report.error_message, "divide was never answered: nothing came for 130 s", "{name}");
        let mut early = waiting(110);
        end(&mut early);
        early.no_report();
    }
    let mut last = waiting(130);
    assert_eq!(last.watch.last_reports(last.now).len(), 1);
    let mut ended = waiting(130);
    ended.watch.server_ended(exit, false, ended.now);
    assert_eq!(class(&ended.only_report()), "server_exit");
}

#[test]
fn a_disconnected_client_had_waited_for_too_long() {
    for (seconds, failures) in [(130, 1), (100, 0)] {
        let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
        let opened = story.calls(1, "divide");
        let now = story.after(seconds * 1_000).now;
        story.watch.client_disconnected(opened, now);
        assert_eq!(story.reports().len(), failures, "{seconds}");
    }
}

#[test]
fn a_call_that_waits_for_its_client_is_never_overdue() {
    let mut story = waiting(10);
    story.server_sends(r#"{"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{}}"#);
    story.after(500_000).client_sends(CANCEL);
    story.no_report();
}

/// The machine slept during the call, or its clock was set.
#[test]
fn the_system_clock_decides_about_no_duration() {
    use autoheal_prepare::Timestamp;

    for shown in [Timestamp(0), Timestamp(i64::MAX / 2)] {
        let mut story = waiting(72);
        story.now = story.now.shown_as(shown);
        story.client_sends(CANCEL);
        story.no_report();
        story.calls(2, "divide");
        story.after(30).fails(2, "division by zero");
        story.now = story.now.shown_as(Timestamp(-10_000));
        let now = story.now;
        story.watch.client_closed();
        story.watch.server_ended(Exit { code: Some(0), signal: None }, false, now);
        let reports = story.watch.last_reports(now);
        assert_eq!(reports.len(), 1, "lost, because the clock was set back before it was due");
        assert_eq!(reports[0].report.rpc.as_ref().unwrap().duration_ms, Some(30.0));
    }
}
