//! Tasks: a failed task is a failure of the call that made it, once.

use super::*;

/// A call that made a task.
fn working() -> Story {
    let mut story = Story::ready();
    story.calls(1, "build");
    story.server_sends(
        r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":"t-1","status":"working","ttl":60000,"pollInterval":100}}}"#,
    );
    story.after(5_000);
    story
}

fn asks(story: &mut Story, id: u32, method: &str, result: &str) {
    story.client_sends(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"taskId":"t-1"}}}}"#));
    story.server_sends(&format!(r#"{{"jsonrpc":"2.0","id":{id},{result}}}"#));
}

fn check(report: &ErrorReport, message: &str) {
    assert_eq!((class(report), report.source), ("tool_failure", Some(Source::McpTool)));
    assert_eq!(report.error_message, format!("build: {message}"));
    let rpc = report.rpc.as_ref().unwrap();
    assert_eq!((rpc.method.as_deref(), rpc.tool.as_deref()), (Some("tools/call"), Some("build")));
    assert!(report.reproduction.as_ref().unwrap().contains("tools/call"));
}

const FAILED: &str = r#""result":{"taskId":"t-1","status":"failed","statusMessage":"disk full"}"#;

#[test]
fn every_way_in_which_a_task_fails_is_a_failure_of_its_call() {
    for (method, result, message) in [
        ("tasks/get", FAILED, "disk full"),
        ("tasks/get", r#""result":{"taskId":"t-1","status":"failed"}"#, "the task failed"),
        (
            "tasks/get",
            r#""result":{"taskId":"t-1","status":"failed","error":{"code":-32603,"message":"no compiler"}}"#,
            "no compiler",
        ),
        (
            "tasks/get",
            r#""result":{"resultType":"complete","taskId":"t-1","status":"completed","result":{"isError":true,"content":[{"type":"text","text":"exit code 2"}]}}"#,
            "exit code 2",
        ),
        (
            "tasks/result",
            r#""result":{"isError":true,"content":[{"type":"text","text":"exit code 2"}],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t-1"}}}"#,
            "exit code 2",
        ),
        ("tasks/result", r#""error":{"code":-32603,"message":"no compiler"}"#, "no compiler"),
    ] {
        let mut story = working();
        asks(&mut story, 2, "tasks/get", r#""result":{"taskId":"t-1","status":"working"}"#);
        asks(&mut story, 3, method, result);
        let report = story.only_report();
        check(&report, message);
        assert_eq!(report.rpc.unwrap().duration_ms, Some(5_000.0));
        // told once
        asks(&mut story, 4, "tasks/get", FAILED);
        story.no_report();
    }
}

#[test]
fn a_notification_that_a_task_failed_is_enough() {
    let mut story = working();
    story.server_sends(
        r#"{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"taskId":"t-1","status":"failed","statusMessage":"disk full"}}"#,
    );
    check(&story.only_report(), "disk full");
    asks(&mut story, 2, "tasks/get", FAILED);
    story.no_report();
}

#[test]
fn tasks_that_succeed_are_cancelled_or_unknown_are_no_failures() {
    for (method, result) in [
        ("tasks/get", r#""result":{"taskId":"t-1","status":"completed"}"#),
        ("tasks/get", r#""result":{"taskId":"t-1","status":"completed","result":{"content":[]}}"#),
        ("tasks/get", r#""result":{"taskId":"t-1","status":"cancelled"}"#),
        ("tasks/get", r#""result":{"taskId":"t-1","status":"input_required"}"#),
        ("tasks/result", r#""result":{"content":[{"type":"text","text":"built"}]}"#),
        ("tasks/get", r#""result":{"taskId":"t-2","status":"failed"}"#),
    ] {
        let mut story = working();
        asks(&mut story, 2, method, result);
        story.no_report();
    }
    // a completed task whose result the client asks for
    let mut story = working();
    asks(&mut story, 2, "tasks/get", r#""result":{"taskId":"t-1","status":"completed"}"#);
    asks(
        &mut story,
        3,
        "tasks/result",
        r#""result":{"isError":true,"content":[{"type":"text","text":"exit code 2"}]}"#,
    );
    check(&story.only_report(), "exit code 2");
    // a tool's own data that only looks like a task
    let mut story = Story::ready();
    story.calls(1, "build");
    story.server_sends(
        r#"{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"taskId":"x","status":"failed"}}}"#,
    );
    story.no_report();
}
