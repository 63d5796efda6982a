//! Whole conversations, and their reports.

use std::time::Duration;

use autoheal_contract::{ErrorReport, Exit, Json, Source};
use autoheal_scrub::KnownSecrets;

use super::*;
use crate::collect::Collector;
use crate::setup::ExchangeEnd;

mod bounds;
mod gateways;
mod late_answers;
mod odd_messages;
mod print_order;
mod random;
mod soft_errors;
mod starts;
mod tasks;
mod traces;

struct Story {
    watch: Watch,
    now: Moment,
}

const ON_STDIO: Scope = Scope { session: 0, peer: None, session_hash: None, trace: None };

impl Story {
    fn new() -> Self {
        Self::with(Target::Stdio { command: "python server.py".to_owned() })
    }

    fn with(target: Target) -> Self {
        let setup = Setup {
            target,
            timeout: Duration::from_secs(120),
            handshake_timeout: Duration::from_secs(60),
            known_secrets: KnownSecrets::default(),
            soft_errors: false,
        };
        Self { watch: Watch::new(setup), now: Moment::at(1_000_000) }
    }

    /// A conversation after the handshake and `tools/list`.
    fn ready() -> Self {
        let mut story = Self::new();
        story.client_sends(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"desk","version":"3"}}}"#);
        story.server_sends(r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"shop","version":"1.4.0"}}}"#);
        story.client_sends(r#"{"jsonrpc":"2.0","id":"list","method":"tools/list"}"#);
        story.server_sends(r#"{"jsonrpc":"2.0","id":"list","result":{"tools":[{"name":"divide","inputSchema":{"type":"object","required":["a"]}}]}}"#);
        story
    }

    fn after(&mut self, milliseconds: u64) -> &mut Self {
        self.now = self.now.plus(Duration::from_millis(milliseconds));
        self
    }

    fn client_sends(&mut self, message: &str) -> OpenedCalls {
        self.watch.from_client(ON_STDIO, &Message::Whole(message.as_bytes()), self.now)
    }

    fn server_sends(&mut self, message: &str) {
        self.watch.from_server(ON_STDIO, &Message::Whole(message.as_bytes()), self.now);
    }

    fn prints(&mut self, text: &str) {
        self.watch.printed(text.as_bytes(), self.now);
    }

    fn calls(&mut self, id: u32, tool: &str) -> OpenedCalls {
        self.client_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{{"a":1,"password":"hunter2-secret"}},"_meta":{{"progressToken":"p{id}"}}}}}}"#
        ))
    }

    fn fails(&mut self, id: u32, text: &str) {
        let text = serde_json::to_string(text).unwrap();
        self.server_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[{{"type":"text","text":{text}}}],"isError":true}}}}"#
        ));
    }

    fn succeeds(&mut self, id: u32) {
        self.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#));
    }

    /// All reports until nothing is waiting, for at most an hour.
    fn reports(&mut self) -> Vec<ErrorReport> {
        let mut reports = Vec::new();
        let end = self.now.plus(Duration::from_secs(3_600));
        while let Some(due) = self.watch.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            reports.extend(self.watch.reports(self.now).into_iter().map(|watched| watched.report));
        }
        reports
    }

    fn only_report(&mut self) -> ErrorReport {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "{reports:#?}");
        reports.remove(0)
    }

    fn no_report(&mut self) {
        let reports = self.reports();
        assert!(reports.is_empty(), "{reports:#?}");
    }
}

fn class(report: &ErrorReport) -> &str {
    report.class.as_deref().unwrap()
}

fn context<'a>(report: &'a ErrorReport, name: &str) -> Option<&'a Json> {
    report.context.as_ref().unwrap().get(name)
}

const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"/srv/shop/tools.py\", line 7, in divide\n    return a / b\nZeroDivisionError: division by zero\n";

#[test]
fn the_report_of_a_failing_tool_is_complete() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.after(30).fails(1, "Error calling tool 'divide': division by zero");
    story.after(100).prints(TRACEBACK);
    let report = story.only_report();
    assert_eq!((class(&report), report.source), ("tool_failure", Some(Source::McpTool)));
    assert_eq!(
        (report.error_type.as_str(), report.error_message.as_str()),
        ("ZeroDivisionError", "divide: division by zero")
    );
    assert!(report.stack_trace.unwrap().contains("line 7, in divide"));
    let rpc = report.rpc.unwrap();
    assert_eq!(
        (rpc.tool.as_deref(), rpc.transport.as_deref(), rpc.duration_ms),
        (Some("divide"), Some("stdio"), Some(30.0))
    );
    assert_eq!((report.server.unwrap().name, report.release.as_deref()), ("shop".to_owned(), Some("1.4.0")));
    let line = report.reproduction.unwrap();
    assert!(line.starts_with("(printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\""), "{line}");
    assert!(line.ends_with("| python server.py") && line.contains("tools/call"), "{line}");
    assert!(!line.contains("hunter2") && !line.contains("progressToken"), "{line}");
    assert!(report.client.is_some());
}

#[test]
fn a_response_may_be_seen_before_its_request() {
    let mut story = Story::ready();
    story.fails(7, "division by zero");
    story.calls(7, "divide");
    assert_eq!(class(&story.only_report()), "tool_failure");
}

#[test]
fn a_stack_may_be_seen_before_its_request() {
    let mut story = Story::ready();
    let asked = story.now;
    let printed = story.after(2).now;
    story.prints(TRACEBACK);
    // two threads read the pipes, so the request is seen later, with its own moment
    story.now = asked;
    story.calls(1, "divide");
    story.now = printed;
    let (now, exit) = (story.now, Exit { code: Some(1), signal: None });
    story.watch.server_ended(exit, false, now);
    assert_eq!(story.only_report().error_type, "ZeroDivisionError");
}

#[test]
fn output_of_the_previous_call_is_not_reported() {
    let mut story = Story::ready();
    story.calls(1, "multiply");
    story.after(1).prints("INFO multiply: order of another user\n");
    story.succeeds(1);
    story.after(2).calls(2, "divide");
    story.after(5).fails(2, "no");
    assert!(story.only_report().logs.is_empty());
}

#[test]
fn ids_keep_their_type() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.server_sends(r#"{"jsonrpc":"2.0","id":"1","result":{"isError":true,"content":[]}}"#);
    story.after(10).succeeds(1);
    story.no_report();
}

#[test]
fn repeats_are_one_report_with_a_count() {
    let mut story = Story::ready();
    for id in 0..1_000 {
        story.calls(id + 10, "divide");
        story.fails(id + 10, &format!("order {} failed", id + 20_000));
    }
    let report = story.only_report();
    assert_eq!(report.count, Some(1_000));
}

#[test]
fn bad_arguments_are_reported_with_the_violated_schema() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.fails(1, "Input validation error: Invalid arguments for tool divide: a is required");
    let report = story.only_report();
    assert_eq!(class(&report), "caller_error");
    assert!(context(&report, "input_schema").is_some_and(|schema| schema.get("required").is_some()));
}

#[test]
fn a_tool_that_disappeared_is_a_failure_of_the_server() {
    let mut story = Story::ready();
    story.calls(1, "nope");
    story.fails(1, "Unknown tool: 'nope'");
    assert_eq!(class(&story.only_report()), "caller_error");
    story.calls(2, "divide");
    story.fails(2, "Unknown tool: 'divide'");
    assert_eq!(class(&story.only_report()), "tool_failure");
    story.watch.restore_inventory(Inventory { server: "shop".to_owned(), tools: vec!["multiply".to_owned()] });
    story.calls(3, "multiply");
    story.fails(3, "Unknown tool: 'multiply'");
    assert_eq!(class(&story.only_report()), "tool_failure");
    assert_eq!(
        story.watch.changed_inventory().map(|inventory| inventory.tools),
        Some(vec!["divide".to_owned(), "multiply".to_owned()])
    );
    assert_eq!(story.watch.changed_inventory(), None);
}

#[test]
fn the_inventory_of_another_server_is_dropped() {
    let mut story = Story::new();
    story.watch.restore_inventory(Inventory { server: "library".to_owned(), tools: vec!["lend".to_owned()] });
    story.client_sends(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#);
    story.server_sends(r#"{"jsonrpc":"2.0","id":0,"result":{"serverInfo":{"name":"shop","version":"1.4.0"}}}"#);
    story.calls(1, "lend");
    story.fails(1, "Unknown tool: 'lend'");
    assert_eq!(class(&story.only_report()), "caller_error");
}

#[test]
fn progress_and_open_server_requests_prevent_a_timeout() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    for _ in 0..10 {
        story.after(100_000).server_sends(
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p1","progress":1}}"#,
        );
        assert!(story.watch.reports(story.now).is_empty());
    }
    story.server_sends(r#"{"jsonrpc":"2.0","id":0,"method":"elicitation/create","params":{}}"#);
    let now = story.after(3_000_000).now;
    assert!(story.watch.reports(now).is_empty());
    story.client_sends(r#"{"jsonrpc":"2.0","id":0,"result":{"action":"accept"}}"#);
    story.after(1_000).succeeds(1);
    story.no_report();
}

#[test]
fn a_call_that_hangs_after_a_panic_is_reported_early() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.after(10).prints("\nthread 'tokio-rt-worker' (42) panicked at src/main.rs:13:50:\nindex out of bounds\n");
    let before = story.now;
    let report = story.only_report();
    assert!(story.now <= before.plus(Duration::from_secs(6)));
    assert_eq!((class(&report), report.error_type.as_str()), ("no_answer", "panic"));
    assert!(report.error_message.ends_with("index out of bounds"), "{}", report.error_message);
}

#[test]
fn a_cancellation_is_a_failure_only_after_a_client_timeout() {
    for (reason, failures) in [("user pressed escape", 0), ("McpError: MCP error -32001: Request timed out", 1)] {
        let mut story = Story::ready();
        story.calls(1, "divide");
        story.after(60_000).client_sends(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":1,"reason":"{reason}"}}}}"#
        ));
        story.succeeds(1);
        assert_eq!(story.reports().len(), failures, "{reason}");
    }
}

#[test]
fn a_server_that_exits_during_a_call() {
    let exit = |code| Exit { code: Some(code), signal: None };
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.prints(TRACEBACK);
    let now = story.after(5).now;
    story.watch.server_ended(exit(1), false, now);
    let report = story.only_report();
    assert_eq!((class(&report), report.error_type.as_str()), ("server_exit", "ZeroDivisionError"));
    assert_eq!(
        report.error_message,
        "the server ended with exit code 1 while tools/call divide was not answered: division by zero"
    );
    assert_eq!(report.rpc.unwrap().tool.as_deref(), Some("divide"));

    let mut stopped = Story::ready();
    stopped.calls(1, "divide");
    stopped.watch.server_ended(Exit { code: None, signal: Some("SIGTERM".to_owned()) }, true, stopped.now);
    stopped.no_report();
    let mut closed = Story::ready();
    closed.watch.client_closed();
    closed.watch.server_ended(exit(1), false, closed.now);
    closed.no_report();
    let mut idle = Story::ready();
    idle.watch.server_ended(exit(0), false, idle.now);
    idle.no_report();
    let mut crashed = Story::ready();
    crashed.watch.server_ended(Exit { code: None, signal: Some("SIGSEGV".to_owned()) }, false, crashed.now);
    assert_eq!(crashed.only_report().error_type, "SIGSEGV");
}

#[test]
fn a_report_contains_no_output_of_overlapping_calls() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.calls(2, "multiply");
    story.prints("INFO multiply: order of another user\n");
    story.prints(TRACEBACK);
    story.after(5).fails(1, "division by zero");
    let report = story.reports().remove(0);
    assert_eq!(report.error_type, "ZeroDivisionError");
    assert!(!format!("{report:?}").contains("another user"), "{report:#?}");
    assert_eq!(
        context(&report, "stack_from").and_then(Json::as_str),
        Some("stderr, a guess: one other call ran meanwhile")
    );
}

#[test]
fn invalid_lines_on_standard_output_are_one_failure() {
    let mut story = Story::ready();
    story.server_sends("Server listening on port 3000");
    for line in 0..1_000 {
        story.server_sends(&format!("loading plugin {line} of many"));
    }
    let report = story.only_report();
    assert_eq!((class(&report), report.source), ("protocol_error", Some(Source::McpProtocol)));
    assert_eq!(report.error_message, "the server printed what is no JSON-RPC message to standard output");
    assert_eq!(context(&report, "line").and_then(Json::as_str), Some("Server listening on port 3000"));
    assert_eq!(report.count, Some(1_001));
}

#[test]
fn a_handshake_that_times_out() {
    let mut story = Story::new();
    story.client_sends(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#);
    let report = story.only_report();
    assert_eq!(
        (class(&report), report.error_message.as_str()),
        ("no_answer", "the handshake was never completed: nothing came for 600 s")
    );
}

#[test]
fn responses_that_only_look_like_failures_are_not_reported() {
    let mut story = Story::new();
    story.client_sends(r#"{"jsonrpc":"2.0","id":0,"method":"server/discover","params":{}}"#);
    story.server_sends(r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"Method not found"}}"#);
    story.client_sends(r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#);
    story.server_sends(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unsupported protocol version"}}"#);
    story.calls(2, "divide");
    story.server_sends(r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32042,"message":"visit"}}"#);
    story.calls(3, "divide");
    story.server_sends(
        r#"{"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"Error: Operation failed"}]}}"#,
    );
    story.client_sends(r#"{"jsonrpc":"2.0","id":4,"method":"subscriptions/listen","params":{}}"#);
    story.client_sends(r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#);
    story.no_report();
}

#[test]
fn an_http_exchange_without_a_response_is_a_failure() {
    let http = || Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    let end = |status, broken, resumable| ExchangeEnd { status, broken, resumable };
    for (end, expected_class) in [
        (end(200, false, false), Some("no_answer")),
        (end(200, true, false), Some("no_answer")),
        (end(503, false, false), Some("protocol_error")),
        (end(202, false, false), None),
        (end(401, false, false), None),
        (end(404, false, false), None),
    ] {
        let mut story = http();
        let opened = story.calls(1, "divide");
        story.watch.exchange_ended(opened, end, story.now);
        let reports = story.reports();
        assert_eq!(reports.first().map(class), expected_class, "{end:?}");
        assert!(
            reports.iter().all(|report| report
                .reproduction
                .as_ref()
                .unwrap()
                .starts_with("curl -sS http://127.0.0.1:9/mcp"))
        );
    }
    // the client fetches the rest of the stream elsewhere
    let mut story = http();
    let opened = story.calls(1, "divide");
    story.watch.exchange_ended(opened, end(200, false, true), story.now);
    story.succeeds(1);
    story.no_report();
    let mut story = http();
    let opened = story.calls(1, "divide");
    story.watch.upstream_unreachable(opened, "Connection refused", story.now);
    // a server that is down is one failure, independent of the call
    let opened =
        story.client_sends(r#"{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"demo://a"}}"#);
    story.watch.upstream_unreachable(opened, "Connection refused", story.now);
    let report = story.only_report();
    assert_eq!(report.error_message, "the MCP server cannot be reached: Connection refused");
    assert_eq!((report.source, report.count), (Some(Source::McpProtocol), Some(2)));
    let mut story = http();
    let opened = story.calls(1, "divide");
    story.watch.upstream_disconnected(opened, "Connection reset by peer", story.now);
    let report = story.only_report();
    assert_eq!((class(&report), report.source), ("no_answer", Some(Source::McpTool)));
    assert!(report.error_message.starts_with("divide was never answered"), "{}", report.error_message);
    let mut story = http();
    let opened = story.calls(1, "divide");
    story.watch.client_disconnected(opened, story.now);
    story.no_report();
}

#[test]
fn failures_seen_before_an_internal_panic_are_reported() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.fails(1, "division by zero");
    story.calls(2, "multiply");
    story.fails(2, "overflow");
    let mut messages: Vec<String> =
        story.watch.into_remaining_reports().into_iter().map(|watched| watched.report.error_message).collect();
    messages.sort();
    assert_eq!(messages, ["divide: division by zero", "multiply: overflow"]);
}
