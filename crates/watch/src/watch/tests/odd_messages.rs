//! Malformed and unusual messages, and their reports.

use super::*;

#[test]
fn a_request_with_a_null_id_opens_no_call() {
    let mut story = Story::ready();
    story.client_sends(r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"divide"}}"#);
    story.no_report();
}

#[test]
fn ids_match_in_every_notation() {
    for (requested, returned) in [
        (r#""tools/1""#, r#""tools\/1""#),
        (r#""grün""#, r#""gr\u00fcn""#),
        ("1", "1.0"),
        ("1.0", "1"),
        (r#""a\\b""#, r#""a\u005cb""#),
    ] {
        let mut story = Story::ready();
        story.client_sends(&format!(
            r#"{{"jsonrpc":"2.0","id":{requested},"method":"tools/call","params":{{"name":"divide","_meta":{{"progressToken":{requested}}}}}}}"#
        ));
        story.after(100_000).server_sends(&format!(
            r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{returned},"progress":1}}}}"#
        ));
        story
            .after(100_000)
            .server_sends(&format!(r#"{{"jsonrpc":"2.0","id":{returned},"result":{{"isError":true}}}}"#));
        assert_eq!(class(&story.only_report()), "tool_failure", "{requested} {returned}");
    }
    let mut story = Story::ready();
    // larger than the whole numbers that a float represents exactly
    story.client_sends(r#"{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"divide"}}"#);
    story.server_sends(r#"{"jsonrpc":"2.0","id":9007199254740992.0,"result":{"isError":true}}"#);
    assert_eq!(class(&story.only_report()), "no_answer");
}

#[test]
fn invalid_unicode_is_replaced() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    // a script that cuts text in the middle of an emoji
    story.server_sends(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no such order \ud83d"}}"#);
    let report = story.only_report();
    assert_eq!((class(&report), report.rpc.as_ref().unwrap().code), ("caller_error", Some(-32602)));
    assert!(report.error_message.starts_with("divide: no such order \u{fffd}"), "{}", report.error_message);
    story.calls(2, "divide");
    story.server_sends(r#"{"jsonrpc":"2.0","id":2,"result":{"isError":true,"content":[{"type":"text","text":"Input validation error: \ud83d"}]}}"#);
    assert_eq!(class(&story.only_report()), "caller_error");
    // a file name in Latin-1
    story.calls(3, "divide");
    let latin = b"{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"no file gr\xfcn\"}]}}";
    story.watch.from_server(ON_STDIO, &Message::Whole(latin), story.now);
    let report = story.only_report();
    assert_eq!((class(&report), report.error_message.as_str()), ("tool_failure", "divide: no file gr\u{fffd}n"));
}

#[test]
fn malformed_errors_are_reported() {
    for (error, code, message) in [
        (r#"{"code":"E1","message":"boom"}"#, None, "divide: boom"),
        (r#"{"code":-32603.0,"message":"boom"}"#, Some(-32603), "divide: boom"),
        (r#"{"code":-32603,"message":{"why":"boom"}}"#, Some(-32603), r#"divide: {"why":"boom"}"#),
        (r#""boom""#, None, "divide: boom"),
        ("true", None, "divide: true"),
    ] {
        let mut story = Story::ready();
        story.calls(1, "divide");
        story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#));
        let report = story.only_report();
        assert_eq!((class(&report), report.rpc.as_ref().unwrap().code), ("tool_failure", code), "{error}");
        assert_eq!(report.error_message, message, "{error}");
    }
}

#[test]
fn a_part_without_text_does_not_hide_the_other_parts() {
    let mut story = Story::ready();
    story.calls(1, "divide");
    story.server_sends(r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"type":"text","text":7},{"type":"text","text":"boom"}]}}"#);
    assert_eq!(story.only_report().error_message, "divide: boom");
}

#[test]
fn an_early_response_is_reported_without_the_rest_of_its_batch() {
    let mut story = Story::ready();
    story.server_sends(r#"[{"jsonrpc":"2.0","id":7,"result":{"isError":true}},{"jsonrpc":"2.0","id":8,"result":{}},7,{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what"}}]"#);
    story.calls(7, "divide");
    story.calls(8, "divide");
    let reports = story.reports();
    assert_eq!(reports.len(), 3, "{reports:#?}");
    assert!(reports.iter().all(|report| report.count.is_none()), "{reports:#?}");
}

#[test]
fn the_code_of_an_error_without_an_id_decides_its_class() {
    for (code, expected) in [(-32700, "caller_error"), (-32603, "protocol_error")] {
        let mut story = Story::ready();
        story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"boom"}}}}"#));
        assert_eq!(class(&story.only_report()), expected);
    }
}

#[test]
fn an_error_without_an_id_is_not_assigned_to_a_later_exchange() {
    let mut story = Story::with(Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
    let end = |status| ExchangeEnd { status, broken: false, resumable: false };
    let garbage = story.client_sends("garbage of another user");
    story.server_sends(
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"cannot read: garbage of another user"}}"#,
    );
    story.watch.exchange_ended(garbage, end(400), story.now);
    let opened = story.calls(1, "divide");
    story.watch.exchange_ended(opened, end(500), story.now);
    let report = story.only_report();
    assert_eq!(report.error_message, "divide: the server answered HTTP 500");
}

#[test]
fn an_error_about_another_kind_of_session_is_a_failure() {
    for (message, expected) in [
        ("Failed to create browser session: timeout", 1),
        ("database session expired", 1),
        ("Bad Request: No valid session ID provided", 0),
        ("Bad Request: Server not initialized", 0),
        ("Bad Request: Mcp-Session-Id header is required", 0),
        ("Session not found", 0),
        ("Session has been terminated", 0),
        ("Invalid or expired session", 0),
        ("Unknown session", 0),
    ] {
        let mut story = Story::ready();
        story.calls(1, "divide");
        story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32000,"message":"{message}"}}}}"#));
        assert_eq!(story.reports().len(), expected, "{message}");
    }
}

#[test]
fn a_call_that_is_too_long_to_store_is_reported_with_its_name() {
    let text = "x".repeat(600_000);
    for (method, name, source) in
        [("tools/call", "name", Source::McpTool), ("resources/read", "uri", Source::McpResource)]
    {
        let mut story = Story::ready();
        let call = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"arguments":{{"text":"{text}","name":"no","uri":"no"}},"{name}":"divide"}}}}"#
        );
        let mut collector = Collector::default();
        collector.push(call.as_bytes());
        story.watch.from_client(ON_STDIO, &collector.message(), story.now);
        story.server_sends(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"backend down"}}"#);
        let report = story.only_report();
        assert_eq!((report.error_message.as_str(), report.source), ("divide: backend down", Some(source)));
        assert_ne!(class(&report), "caller_error");
        assert_eq!(report.reproduction, None);
    }
}

#[test]
fn a_call_without_stored_params_has_no_reproduction() {
    let mut story = Story::ready();
    let text = "x".repeat(20_000);
    story.client_sends(&format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{{"argument":{{"value":"{text}"}}}}}}"#
    ));
    story.server_sends(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"boom"}}"#);
    assert_eq!(story.only_report().reproduction, None);
    story.client_sends(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    story.server_sends(r#"{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"boom"}}"#);
    assert!(story.only_report().reproduction.is_some());
}
