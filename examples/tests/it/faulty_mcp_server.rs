//! An MCP server's failures: its callers are answered whatever happens, and each failure is one report.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::place::Place;
use crate::service::{Arrived, Service};

const PROGRAM: &str = env!("CARGO_BIN_EXE_faulty-mcp-server");

/// A server that is running, and a client that speaks to it line by line.
pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

impl Server {
    pub(crate) fn start(place: &Place, service: &Service, options: &[&str]) -> Self {
        let mut command = place.command(PROGRAM, options);
        command.env("AUTOHEAL_URL", &service.url).env("AUTOHEAL_KEY", "made-up-key");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, stdin, stdout, next: 0 };
        let client = json!({"name": "by-hand", "version": "1"});
        server.ask("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
        server.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
        self.stdin.flush().unwrap();
    }

    /// Asks, and waits for the answer.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        self.say(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["id"], json!(self.next), "{line}");
        answer
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))
    }

    /// The client goes; so does the server, and it has nothing more to say.
    pub(crate) fn end(self) {
        let Self { mut child, stdin, mut stdout, .. } = self;
        drop(stdin);
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
    }
}

/// What one server told of, after its end.
fn told(service: &Service, reports: usize) -> Vec<Arrived> {
    let mut told: Vec<Arrived> = (0..reports).map(|_| service.next()).collect();
    told.extend(service.rest());
    assert_eq!(told.len(), reports, "{told:#?}");
    told
}

/// Runs the line that makes a report's call again.
pub(crate) fn repeats(report: &Value, failure: &str) {
    let line = report["reproduction"].as_str().unwrap();
    // its pause is for slow servers
    let line = line.replace("sleep 20", "sleep 1");
    let place = Place::new();
    let mut shell = place.command("/bin/sh", &["-c", &line]);
    let shown = shell.env("PATH", "/usr/bin:/bin").output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.contains(failure), "{line}\n{shown}\n(over HTTP, `curl` must be there: apt-get install curl)");
}

#[test]
fn each_failure_is_told_with_its_class_and_nothing_else_is() {
    let (place, service) = (Place::new(), Service::start());
    let mut server = Server::start(&place, &service, &[]);
    assert_eq!(server.call("echo", json!({"text": "Error: just words"}))["result"]["isError"], false);
    assert_eq!(server.call("divide", json!({"a": 6, "b": 3}))["result"]["content"][0]["text"], "2");
    assert_eq!(server.call("divide", json!({"a": 1, "b": 0}))["result"]["isError"], true);
    assert_eq!(server.call("divide", json!({"a": "x", "b": 0}))["result"]["isError"], true);
    assert_eq!(server.call("lookup", json!({}))["error"]["code"], -32603);
    assert_eq!(server.call("nope", json!({}))["error"]["code"], -32602);
    assert_eq!(server.ask("resources/read", json!({"uri": "demo://broken"}))["error"]["code"], -32603);
    assert_eq!(server.ask("resources/read", json!({"uri": "demo://fine"}))["error"], Value::Null);
    assert_eq!(server.ask("prompts/get", json!({"name": "broken"}))["error"]["code"], -32603);
    assert_eq!(server.ask("no/such", json!({}))["error"]["code"], -32601);
    server.end();

    let told = told(&service, 7);
    let mut shown: Vec<String> = told
        .iter()
        .map(|Arrived { report, .. }| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let message = text(&report["error_message"]).split(": invalid").next().unwrap().to_owned();
            let (source, class) = (text(&report["source"]), text(&report["class"]));
            format!("{source} {class} {} {} {message}", text(&report["error_type"]), report["rpc"]["code"])
        })
        .collect();
    shown.sort();
    let expected = [
        "mcp_prompt prompt_failure PromptError -32603 broken: template missing",
        "mcp_protocol caller_error CallerError -32601 no/such",
        "mcp_resource resource_failure ResourceError -32603 demo://broken: disk on fire",
        "mcp_tool caller_error CallerError -32602 nope: tool not found",
        "mcp_tool caller_error CallerError null divide: failed to deserialize parameters",
        "mcp_tool tool_failure ToolError -32603 lookup: backend down",
        "mcp_tool tool_failure ToolError null divide: division by zero",
    ];
    assert_eq!(shown, expected);
    // the operator's own server: `AUTOHEAL_TRUST=mcp` is what decides
    assert!(told.iter().all(|arrived| arrived.keyed), "{told:#?}");

    let divided = told.iter().find(|arrived| arrived.report["error_message"] == "divide: division by zero");
    let report = &divided.unwrap().report;
    let rpc = &report["rpc"];
    assert_eq!((&rpc["method"], &rpc["tool"]), (&json!("tools/call"), &json!("divide")));
    assert_eq!((&rpc["params"], &rpc["transport"]), (&json!({"a": 1, "b": 0}), &json!("stdio")));
    assert_eq!(rpc["protocol_version"], "2025-11-25");
    assert!(rpc["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(report["server"], json!({"name": "faulty-mcp-server", "version": "1.2.3"}));
    assert_eq!(report["context"]["client"], "by-hand");
    // what `autoheal mcp` makes of the same program, so that it counts as one client
    assert_eq!(report["client"], "2a67cb65d23ea97e");
    repeats(report, "division by zero");
    let read = told.iter().find(|arrived| arrived.report["rpc"]["method"] == "resources/read");
    repeats(&read.unwrap().report, "disk on fire");
    let logs = report["logs"].as_array().unwrap();
    assert!(logs.iter().any(|line| line["message"] == "faulty_mcp_server: dividing a=1 b=0"), "{logs:?}");
    // rmcp logs every message whole, also those of other calls
    assert!(!logs.iter().any(|line| line["message"].as_str().unwrap().starts_with("rmcp")), "{logs:?}");
}

#[test]
fn a_tool_that_panics_is_answered_and_is_one_report_with_its_own_stack() {
    let (place, service) = (Place::new(), Service::start());
    let mut server = Server::start(&place, &service, &[]);
    let error = server.call("crash", json!({}))["error"].clone();
    let expected = "internal error: the tool panicked: index out of bounds: the len is 3 but the index is 16";
    assert_eq!((&error["code"], &error["message"]), (&json!(-32603), &json!(expected)));
    // it goes on, and so does its next panic
    assert_eq!(server.call("echo", json!({"text": "here"}))["result"]["content"][0]["text"], "here");
    assert_eq!(server.call("crash", json!({}))["error"]["code"], -32603);
    server.end();

    let first = service.next().report;
    let count = |report: &Value| report["count"].as_u64().unwrap_or(1);
    assert_eq!(count(&first) + service.rest().iter().map(|arrived| count(&arrived.report)).sum::<u64>(), 2);
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
fn panics_outside_of_a_call_are_told_too_but_never_as_the_operators_own_words() {
    for (tool, answer, message) in [("recover", "recovered", "recovered from"), ("leave", "left", "left alone")] {
        let (place, service) = (Place::new(), Service::start());
        let mut server = Server::start(&place, &service, &[]);
        assert_eq!(server.call(tool, json!({}))["result"]["content"][0]["text"], answer);
        server.end();
        let told = told(&service, 1).remove(0);
        assert_eq!((&told.report["source"], &told.report["error_message"]), (&json!("rust"), &json!(message)));
        assert!(!told.keyed, "{told:#?}");
    }
}

#[test]
fn what_strangers_can_reach_is_told_without_the_key() {
    let (place, service) = (Place::new(), Service::start());
    let mut server = Server::start(&place, &service, &["--remote"]);
    assert_eq!(server.call("divide", json!({"a": 1, "b": 0}))["result"]["isError"], true);
    server.end();
    let told = told(&service, 1).remove(0);
    assert_eq!((told.keyed, &told.report["rpc"]["transport"]), (false, &json!("http")));
}

#[test]
fn a_storm_of_one_failure_is_counted_whole_in_few_reports() {
    for (options, most) in [(&[][..], 500), (&["--remote"], 100)] {
        let (place, service) = (Place::new(), Service::start());
        let mut server = Server::start(&place, &service, options);
        for _ in 0..500 {
            assert_eq!(server.call("lookup", json!({}))["error"]["code"], -32603);
        }
        server.end();
        let arrived = std::iter::once(service.next()).chain(service.rest());
        let counts: Vec<u64> = arrived.map(|arrived| arrived.report["count"].as_u64().unwrap_or(1)).collect();
        // a receiver believes a stranger's report no more than a hundred
        assert!(counts.len() < 20 && counts.iter().all(|count| *count <= most), "{counts:?}");
        assert_eq!(counts.iter().sum::<u64>(), 500);
    }
}
