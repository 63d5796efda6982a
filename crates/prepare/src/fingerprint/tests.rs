//! Tests of grouping: occurrences that must share a fingerprint, and occurrences that must not.

mod grouping;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::ScrubLevel;
use crate::prepare;
use crate::validate::{Client, Sender};
use autoheal_contract::limits::DEFAULT_PROJECT;

pub(crate) fn prepared(report: &Value) -> Fingerprinted {
    let raw = RawValue::from_string(report.to_string()).unwrap();
    let arrival = Arrival {
        project: DEFAULT_PROJECT.to_owned(),
        sender: Sender::Anonymous,
        client: Client::Own,
        received_at: Timestamp(0),
    };
    prepare(&raw, arrival, ScrubLevel::Standard).unwrap()
}

/// A report of a failed tool call with this message, as the wrapper of an MCP server sends it.
fn failure(message: &str) -> Value {
    json!({
        "error_type": "ToolError", "error_message": message, "source": "mcp_tool", "class": "tool_failure",
        "rpc": {"method": "tools/call", "tool": "divide"},
    })
}

/// Returns the report with this member set; `rpc.tool` names a member of `rpc`.
fn with(mut report: Value, member: &str, value: Value) -> Value {
    match member.split_once('.') {
        Some((part, member)) => report[part][member] = value,
        None => report[member] = value,
    }
    report
}

#[track_caller]
fn check(one: &Value, other: &Value, same: bool) {
    let (one, other) = (prepared(one), prepared(other));
    assert_eq!(one.fingerprint() == other.fingerprint(), same, "{:?}\n{:?}", one.parts(), other.parts());
}

const STACK: &str = "Traceback (most recent call last):\n  File \"/srv/app/tools.py\", line 7, in divide\n    return a / b\n\
                     ZeroDivisionError: division by zero";

#[test]
fn a_stack_from_the_servers_output_does_not_change_the_fingerprint() {
    let plain = failure("division by zero");
    let with_stack = with(with(plain.clone(), "stack_trace", json!(STACK)), "error_type", json!("ZeroDivisionError"));
    assert!(!prepared(&with_stack).frames().is_empty(), "the stack must have frames");
    check(&plain, &with_stack, true);
    let parts: Vec<String> =
        prepared(&with_stack).parts().iter().map(|part| format!("{}: {}", part.name, part.value)).collect();
    assert_eq!(parts, ["source: mcp_tool", "class: tool_failure", "call: divide", "message: division by zero"]);
}

#[test]
fn source_class_code_call_and_message_distinguish_failures() {
    let plain = with(failure("backend down"), "rpc.code", json!(-32603));
    for (member, other) in [
        ("source", json!("mcp_prompt")),
        ("class", json!("caller_error")),
        ("rpc.code", json!(-32602)),
        ("rpc.tool", json!("multiply")),
        ("error_message", json!("front end down")),
    ] {
        check(&plain, &with(plain.clone(), member, other), false);
    }
    // The method counts only if no tool is named.
    check(&plain, &with(plain.clone(), "rpc.method", json!("tools/other")), true);
    let protocol = with(with(failure("no JSON"), "source", json!("mcp_protocol")), "rpc", json!({"method": "ping"}));
    check(&protocol, &with(protocol.clone(), "rpc.method", json!("tools/list")), false);
}

#[test]
fn without_a_class_the_type_and_the_frames_decide() {
    let mut plain = failure("division by zero");
    plain["class"] = Value::Null;
    check(&plain, &with(plain.clone(), "error_type", json!("ZeroDivisionError")), false);
    let stack = with(with(plain.clone(), "stack_trace", json!(STACK)), "error_type", json!("ZeroDivisionError"));
    check(&stack, &with(stack.clone(), "error_message", json!("something else")), true);
    check(&plain, &with(plain.clone(), "class", json!(" ")), true);
    // The class counts for MCP sources only.
    let page = with(with(failure("m"), "source", json!("javascript_sdk")), "class", json!("timeout"));
    check(&page, &with(page.clone(), "class", json!("network")), true);
}

#[test]
fn exit_codes_and_signals_distinguish_server_exits() {
    let exit = |exit: Value| {
        let ended = with(failure("the server ended before it answered"), "class", json!("server_exit"));
        with(ended, "exit", exit)
    };
    check(&exit(json!({"code": 3})), &exit(json!({"code": 3})), true);
    check(&exit(json!({"code": 3})), &exit(json!({"code": 1})), false);
    check(&exit(json!({"code": 3})), &exit(json!({"signal": "SIGSEGV"})), false);
    check(&exit(json!({"signal": "SIGSEGV"})), &exit(json!({"signal": "SIGABRT"})), false);
    // For other classes the exit does not count, because the server went on after the failure.
    check(&failure("m"), &with(failure("m"), "exit", json!({"code": 3})), true);
}

#[test]
fn resources_of_one_kind_are_one_group() {
    let read = |uri: &str, message: &str| {
        let report = with(failure(message), "source", json!("mcp_resource"));
        with(report, "rpc", json!({"method": "resources/read", "tool": uri, "code": -32603}))
    };
    let broken = |uri: &str| read(uri, &format!("Error reading resource '{uri}': resource boom"));
    check(&broken("demo://users/41"), &broken("demo://users/bob?page=2"), true);
    check(&broken("file:///home/ann/a.txt"), &broken("file:///srv/b.txt"), true);
    check(&broken("note:41"), &broken("note:42"), true);
    check(&broken("demo://users/41"), &broken("screen://users/41"), false);
    check(&read("demo://users/41", "backend down"), &read("demo://users/41", "no such user"), false);
    // The names of tools and prompts are not normalised, because a programmer chose them.
    check(&with(failure("m"), "rpc.tool", json!("step1")), &with(failure("m"), "rpc.tool", json!("step2")), false);
}

#[test]
fn messages_of_real_servers_about_one_failure_are_one_group() {
    let pydantic = |value: &str, version: &str| {
        format!(
            "1 validation error for call[divide]\nb\n  Input should be a valid integer, unable to parse string as an integer \
             [type=int_parsing, input_value={value}, input_type=str]\n    For further information visit \
             https://errors.pydantic.dev/{version}/v/int_parsing"
        )
    };
    for (one, other) in [
        (pydantic("'x'", "2.12"), pydantic("'a, \"b\" [c]'", "2.13")),
        (missing_file("/x/y"), missing_file("/home/ann/My Documents/z")),
        (missing_file("/x/y"), missing_file("C:\\Users\\ann\\z")),
    ] {
        check(&failure(&one), &failure(&other), true);
    }
    // The rule that the input violates counts.
    let other_rule = pydantic("'x'", "2.12").replace("int_parsing", "int_type");
    check(&failure(&pydantic("'x'", "2.12")), &failure(&other_rule), false);
    let zod = |received: &str, at: &str| {
        format!("Invalid arguments for tool get-sum: Invalid input: expected number, received {received} at {at}")
    };
    check(&failure(&zod("string", "a")), &failure(&zod("string", "a")), true);
    check(&failure(&zod("string", "a")), &failure(&zod("string", "b")), false);
}

/// Node's message about a missing file.
fn missing_file(path: &str) -> String {
    format!("ENOENT: no such file or directory, open '{path}'")
}

#[test]
fn an_outage_is_one_failure_whichever_call_was_made() {
    let down =
        with(with(failure("the MCP server cannot be reached"), "rpc.code", json!(502)), "class", json!("no_answer"));
    let down = with(down, "source", json!("mcp_protocol"));
    check(&down, &with(down.clone(), "rpc.tool", json!("multiply")), true);
}

/// Four times the report may take four times as long. The limit of twelve tolerates a busy machine, and quadratic time,
/// which would be sixteen, exceeds it.
#[test]
fn hostile_reports_cost_linear_time() {
    let fastest = |report: &Fingerprinted| {
        let run = |_| {
            let start = crate::cpu_time::cpu_time();
            std::hint::black_box(parts::parts(
                &report.report,
                &report.frames,
                &report.normalised_message,
                false,
                |_, message| message.to_owned(),
            ));
            crate::cpu_time::cpu_time() - start
        };
        (0..5).map(run).min().unwrap_or_default()
    };
    for unit in [
        "a/",
        "a-",
        "a.",
        "a[",
        "a<",
        "a$",
        "a::",
        "::{closure",
        "Caused by: a: b\n",
        " panicked at ",
        "-AAAAAAAA",
        "'k'",
    ] {
        let report = |repeats: usize| {
            let text = unit.repeat(repeats);
            let stack = format!("    at {text}f (https://a.test/{text}.js:1:2)\n{text}");
            let mut record = prepared(&json!({"error_type": "KeyError", "error_message": "'k'", "source": "cli"}));
            record.report.stack_trace = Some(stack);
            for file in ["a.js", "a.rs", "a.go", "a.java", "a.cs", "a.py"] {
                let frame = Frame {
                    function: Some(text.clone() + "f"),
                    file: Some(text.clone() + file),
                    line: Some(1),
                    column: Some(2),
                    in_app: true,
                };
                record.frames.push(frame);
            }
            record
        };
        let size = if cfg!(debug_assertions) { 1_000 } else { 10_000 };
        let (short, long) = (fastest(&report(size)), fastest(&report(4 * size)));
        assert!(long < short.max(std::time::Duration::from_micros(200)) * 12, "{unit:?}: {short:?}, then {long:?}");
    }
}
