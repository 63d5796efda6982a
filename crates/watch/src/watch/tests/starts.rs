//! Servers that do not start: one failure by command and last words, and the client that closed its input.

use super::*;

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#;
const NODE: &str = "file:///srv/server.mjs:3\n    throw new Error('DATABASE_URL is not set');\n    ^\n\nError: DATABASE_URL is not set\n    at file:///srv/server.mjs:3:11\n    at ModuleJob.run (node:internal/modules/esm/module_job:234:25)\n\nNode.js v22.1.0\n";

fn exit(code: i64) -> Exit {
    Exit { code: Some(code), signal: None }
}

/// Reports of a server that prints this and exits.
fn failed_start(command: &str, errors: &str, is_request_seen: bool) -> ErrorReport {
    let mut story = Story::with(Target::Stdio { command: command.to_owned() });
    if is_request_seen {
        story.client_sends(INITIALIZE);
    }
    story.after(300).prints(errors);
    let now = story.after(15_000).now;
    story.watch.server_ended(exit(1), false, now);
    story.only_report()
}

#[test]
fn the_reason_is_in_the_message_whether_the_request_was_seen_or_not() {
    for (command, errors, message) in [
        ("node server.mjs", NODE, "server.mjs did not start: DATABASE_URL is not set"),
        ("sh -c 'exit 1'", "API_KEY is required\n", "sh did not start: API_KEY is required"),
        ("sh -c 'exit 1'", "loading\nplease wait\n", "sh did not start: please wait"),
        ("uvx mcp-server-git", "", "mcp-server-git did not start: it ended with exit code 1"),
        (
            "python3 -m shop",
            "/usr/bin/python3: No module named shop\n",
            "shop did not start: /usr/bin/python3: No module named shop",
        ),
    ] {
        let [seen, unseen] = [true, false].map(|is_request_seen| failed_start(command, errors, is_request_seen));
        assert_eq!((class(&seen), seen.source), ("server_exit", Some(Source::McpProtocol)));
        assert_eq!(seen.error_message, message, "{command}");
        assert_eq!((&seen.error_message, &seen.error_type), (&unseen.error_message, &unseen.error_type));
        assert!(seen.rpc.is_none() && unseen.rpc.is_none());
        assert_eq!(seen.reproduction.as_deref(), Some(command));
        if command.starts_with("node") {
            assert_eq!(seen.error_type, "Error");
            assert!(seen.stack_trace.unwrap().contains("server.mjs:3:11"));
        }
    }
}

#[test]
fn a_reason_on_standard_output_is_one_failure_with_the_exit() {
    let mut story = Story::new();
    story.client_sends(INITIALIZE);
    story.server_sends("Error: licence expired");
    let now = story.after(2_000).now;
    assert!(story.watch.reports(now).is_empty());
    story.watch.server_ended(exit(1), false, now);
    let report = story.only_report();
    assert_eq!(
        (class(&report), report.error_message.as_str()),
        ("server_exit", "server.py did not start: licence expired")
    );
}

#[test]
fn lines_that_are_no_messages_are_reported_once_the_server_has_started() {
    let mut story = Story::new();
    story.client_sends(INITIALIZE);
    story.server_sends("Server listening");
    story.after(2_000).server_sends(r#"{"jsonrpc":"2.0","id":0,"result":{}}"#);
    let now = story.after(300).now;
    let reports = story.watch.reports(now);
    assert_eq!(reports.len(), 1);
    assert!(reports[0].report.error_message.contains("no JSON-RPC message"));
    // a later exit is no failed start
    story.watch.server_ended(exit(1), false, now);
    assert_eq!(story.only_report().error_message, "the server ended with exit code 1");
}

#[test]
fn an_exit_without_a_call_in_hand_has_one_blank_between_words() {
    let mut story = Story::ready();
    story.client_sends(r#"{"jsonrpc":"2.0","id":7,"method":"resources/list"}"#);
    story.watch.server_ended(exit(1), false, story.now);
    assert_eq!(
        story.only_report().error_message,
        "the server ended with exit code 1 while resources/list was not answered"
    );
}

/// `printf … | autoheal mcp -- server`: the input ends before the responses come.
#[test]
fn a_crash_after_the_client_closed_its_input_is_a_failure() {
    for (errors, end, failures) in [
        (TRACEBACK, exit(1), 1),
        ("thread 'main' panicked at src/main.rs:3:5:\nboom\n", exit(101), 1),
        ("", Exit { code: None, signal: Some("SIGSEGV".to_owned()) }, 1),
        // the server ends because its client did
        ("", exit(0), 0),
        ("", exit(1), 0),
        ("bye\n", exit(1), 0),
        ("", Exit { code: None, signal: Some("SIGTERM".to_owned()) }, 0),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in x\n    y\nBrokenPipeError: [Errno 32] Broken pipe\n",
            exit(1),
            0,
        ),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in x\n    y\nanyio.ClosedResourceError\n",
            exit(1),
            0,
        ),
    ] {
        let mut story = Story::ready();
        story.calls(1, "divide");
        story.watch.client_closed();
        story.after(5).prints(errors);
        story.watch.server_ended(end.clone(), false, story.now);
        assert_eq!(story.reports().len(), failures, "{errors} {end:?}");
        // answered before
        let mut answered = Story::ready();
        answered.calls(1, "divide");
        answered.watch.client_closed();
        answered.succeeds(1);
        answered.after(5).prints(errors);
        answered.watch.server_ended(end, false, answered.now);
        answered.no_report();
        // the client does not read any more
        let mut left = Story::ready();
        left.calls(1, "divide");
        left.watch.client_left();
        left.after(5).prints(errors);
        left.watch.server_ended(exit(1), false, left.now);
        left.no_report();
    }
}

#[test]
fn a_failed_start_is_a_failure_although_the_input_was_closed() {
    let mut story = Story::new();
    story.client_sends(INITIALIZE);
    story.watch.client_closed();
    story.after(5).prints("API_KEY is required\n");
    story.watch.server_ended(exit(1), false, story.now);
    assert_eq!(story.only_report().error_message, "server.py did not start: API_KEY is required");
    let mut idle = Story::new();
    idle.watch.client_closed();
    idle.after(5).prints("input closed\n");
    idle.watch.server_ended(exit(1), false, idle.now);
    idle.no_report();
}
