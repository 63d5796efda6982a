//! Failures of an MCP server on stdio: every call gets a response, and each failure is one report.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::data_directory::DataDirectory;
use crate::recording_service::{ReceivedReport, RecordingService};

const PROGRAM: &str = env!("CARGO_BIN_EXE_faulty-mcp-server");

/// A running server with a client that exchanges messages line by line.
pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    last_id: u64,
}

impl Server {
    pub(crate) fn start(directory: &DataDirectory, service: &RecordingService, options: &[&str]) -> Self {
        let mut command = directory.command(PROGRAM, options);
        command.env("AUTOHEAL_URL", &service.url).env("AUTOHEAL_KEY", "made-up-key");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, stdin, stdout, last_id: 0 };
        let client = json!({"name": "by-hand", "version": "1"});
        server
            .request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
        self.stdin.flush().unwrap();
    }

    /// Sends a request and returns its response.
    fn request(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}));
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let response: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(response["id"], json!(self.last_id), "{line}");
        response
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// Closes the server's input. Checks that the server exits successfully and sends nothing more.
    pub(crate) fn end(self) {
        let Self { mut child, stdin, mut stdout, .. } = self;
        drop(stdin);
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
    }
}

/// The reports of a server that has exited.
fn received(service: &RecordingService, reports: usize) -> Vec<ReceivedReport> {
    let mut received: Vec<ReceivedReport> = (0..reports).map(|_| service.next()).collect();
    received.extend(service.rest());
    assert_eq!(received.len(), reports, "{received:#?}");
    received
}

/// Runs a report's reproduction in a shell and checks that it shows the failure.
pub(crate) fn assert_reproduces(report: &Value, failure: &str) {
    let command = report["reproduction"].as_str().unwrap();
    // shortened, because this server responds at once
    let command = command.replace("sleep 20", "sleep 1");
    let directory = DataDirectory::new();
    let mut shell = directory.command("/bin/sh", &["-c", &command]);
    let output = shell.env("PATH", "/usr/bin:/bin").output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(output.contains(failure), "{command}\n{output}\n(over HTTP this needs curl: apt-get install curl)");
}

#[test]
fn a_report_names_the_trace_and_the_id_of_its_call() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let mut server = Server::start(&directory, &service, &[]);
    let meta = json!({"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"});
    server.request("tools/call", json!({"name": "divide", "arguments": {"a": 1, "b": 0}, "_meta": meta}));
    let id = server.last_id.to_string();
    server.end();
    let report = received(&service, 1).remove(0).report;
    let trace = json!({"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"});
    assert_eq!((&report["trace"], &report["rpc"]["id"]), (&trace, &json!(id)), "{report:#}");
}

#[test]
fn each_failure_is_reported_with_its_class_and_nothing_else_is() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let mut server = Server::start(&directory, &service, &[]);
    assert_eq!(server.call("echo", json!({"text": "Error: just words"}))["result"]["isError"], false);
    assert_eq!(server.call("divide", json!({"a": 6, "b": 3}))["result"]["content"][0]["text"], "2");
    assert_eq!(server.call("divide", json!({"a": 1, "b": 0}))["result"]["isError"], true);
    assert_eq!(server.call("divide", json!({"a": "x", "b": 0}))["result"]["isError"], true);
    assert_eq!(server.call("lookup", json!({}))["error"]["code"], -32603);
    assert_eq!(server.call("nope", json!({}))["error"]["code"], -32602);
    assert_eq!(server.request("resources/read", json!({"uri": "demo://broken"}))["error"]["code"], -32603);
    assert_eq!(server.request("resources/read", json!({"uri": "demo://fine"}))["error"], Value::Null);
    assert_eq!(server.request("prompts/get", json!({"name": "broken"}))["error"]["code"], -32603);
    assert_eq!(server.request("no/such", json!({}))["error"]["code"], -32601);
    server.end();

    let received = received(&service, 7);
    let mut summaries: Vec<String> = received
        .iter()
        .map(|ReceivedReport { report, .. }| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let message = text(&report["error_message"]).split(": invalid").next().unwrap().to_owned();
            let (source, class) = (text(&report["source"]), text(&report["class"]));
            format!("{source} {class} {} {} {message}", text(&report["error_type"]), report["rpc"]["code"])
        })
        .collect();
    summaries.sort();
    let expected = [
        "mcp_prompt prompt_failure PromptError -32603 broken: template missing",
        "mcp_protocol caller_error CallerError -32601 no/such",
        "mcp_resource resource_failure ResourceError -32603 demo://broken: disk on fire",
        "mcp_tool caller_error CallerError -32602 nope: tool not found",
        "mcp_tool caller_error CallerError null divide: failed to deserialize parameters",
        "mcp_tool tool_failure ToolError -32603 lookup: backend down",
        "mcp_tool tool_failure ToolError null divide: division by zero",
    ];
    assert_eq!(summaries, expected);
    // sent with the key, because the server is the operator's own: `AUTOHEAL_TRUST=mcp` decides about trust
    assert!(received.iter().all(|received| received.with_key), "{received:#?}");

    let divided = received.iter().find(|received| received.report["error_message"] == "divide: division by zero");
    let report = &divided.unwrap().report;
    let rpc = &report["rpc"];
    assert_eq!((&rpc["method"], &rpc["tool"]), (&json!("tools/call"), &json!("divide")));
    assert_eq!((&rpc["params"], &rpc["transport"]), (&json!({"a": 1, "b": 0}), &json!("stdio")));
    assert_eq!(rpc["protocol_version"], "2025-11-25");
    assert!(rpc["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(report["server"], json!({"name": "faulty-mcp-server", "version": "1.2.3"}));
    assert_eq!(report["context"]["client"], "by-hand");
    // the same id that `autoheal mcp` computes for this program, so that both count as one client
    assert_eq!(report["client"], "2a67cb65d23ea97e");
    assert_reproduces(report, "division by zero");
    let read = received.iter().find(|received| received.report["rpc"]["method"] == "resources/read");
    assert_reproduces(&read.unwrap().report, "disk on fire");
    let logs = report["logs"].as_array().unwrap();
    assert!(logs.iter().any(|line| line["message"] == "faulty_mcp_server: dividing a=1 b=0"), "{logs:?}");
    // no log lines of rmcp, which logs every message in full, also those of other calls
    assert!(!logs.iter().any(|line| line["message"].as_str().unwrap().starts_with("rmcp")), "{logs:?}");
}

#[test]
fn a_panic_of_a_tool_gets_a_response_and_is_one_report_with_the_tools_stack() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let mut server = Server::start(&directory, &service, &[]);
    let error = server.call("crash", json!({}))["error"].clone();
    let expected = "internal error: the tool panicked: index out of bounds: the len is 3 but the index is 16";
    assert_eq!((&error["code"], &error["message"]), (&json!(-32603), &json!(expected)));
    // the server continues, also after another panic
    assert_eq!(server.call("echo", json!({"text": "here"}))["result"]["content"][0]["text"], "here");
    assert_eq!(server.call("crash", json!({}))["error"]["code"], -32603);
    server.end();

    let first = service.next().report;
    let count = |report: &Value| report["count"].as_u64().unwrap_or(1);
    assert_eq!(count(&first) + service.rest().iter().map(|received| count(&received.report)).sum::<u64>(), 2);
    assert_eq!((&first["source"], &first["class"]), (&json!("mcp_tool"), &json!("tool_failure")));
    assert_eq!((&first["error_type"], &first["rpc"]["code"]), (&json!("panic"), &json!(-32603)));
    let stack = first["stack_trace"].as_str().unwrap();
    let frames = autoheal_prepare::parse::parse_stack_from(autoheal_contract::Source::McpTool, stack, "");
    let own: Vec<_> = frames.iter().filter(|frame| frame.in_app).collect();
    assert!(
        !own.is_empty() && own.iter().all(|frame| frame.file.as_deref().unwrap().ends_with("faulty-mcp-server.rs")),
        "{stack}"
    );
}

#[test]
fn panics_outside_of_a_call_are_reported_without_the_key() {
    for (tool, result, message) in [("recover", "recovered", "recovered from"), ("leave", "left", "left alone")] {
        let (directory, service) = (DataDirectory::new(), RecordingService::start());
        let mut server = Server::start(&directory, &service, &[]);
        assert_eq!(server.call(tool, json!({}))["result"]["content"][0]["text"], result);
        server.end();
        let received = received(&service, 1).remove(0);
        assert_eq!((&received.report["source"], &received.report["error_message"]), (&json!("rust"), &json!(message)));
        assert!(!received.with_key, "{received:#?}");
    }
}

#[test]
fn failures_of_a_remote_server_are_reported_without_the_key() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let mut server = Server::start(&directory, &service, &["--remote"]);
    assert_eq!(server.call("divide", json!({"a": 1, "b": 0}))["result"]["isError"], true);
    server.end();
    let received = received(&service, 1).remove(0);
    assert_eq!((received.with_key, &received.report["rpc"]["transport"]), (false, &json!("http")));
}

#[test]
fn every_occurrence_of_a_repeated_failure_is_counted_in_few_reports() {
    for (options, max_count) in [(&[][..], 500), (&["--remote"], 100)] {
        let (directory, service) = (DataDirectory::new(), RecordingService::start());
        let mut server = Server::start(&directory, &service, options);
        for _ in 0..500 {
            assert_eq!(server.call("lookup", json!({}))["error"]["code"], -32603);
        }
        server.end();
        let reports = std::iter::once(service.next()).chain(service.rest());
        let counts: Vec<u64> = reports.map(|received| received.report["count"].as_u64().unwrap_or(1)).collect();
        // the service accepts a count of at most 100 from a report without a key
        assert!(counts.len() < 20 && counts.iter().all(|count| *count <= max_count), "{counts:?}");
        assert_eq!(counts.iter().sum::<u64>(), 500);
    }
}
