//! The faulty MCP server over rmcp's streamable HTTP: the failures of every session are reported as anonymous.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::data_directory::DataDirectory;
use crate::faulty_mcp_server::assert_reproduces;
use crate::recording_service::RecordingService;

/// A running server and one session with it.
struct Session {
    child: Child,
    url: String,
    id: String,
}

impl Session {
    fn start(directory: &DataDirectory, service: &RecordingService, option: &str) -> Self {
        let mut command = directory.command(env!("CARGO_BIN_EXE_faulty-mcp-server"), &[option]);
        command.env("AUTOHEAL_URL", &service.url).env("AUTOHEAL_KEY", "made-up-key");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let mut session = Self { child, url: url.trim().to_owned(), id: String::new() };
        let client = json!({"name": "by-hand", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let response = session.post(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}));
        let id = response.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
        session.id = id.expect("the response starts a session").trim().to_owned();
        session.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        session
    }

    /// Posts a message and returns the whole response, which ends with the HTTP/1.0 connection.
    fn post(&self, message: &Value) -> String {
        let (host, path) = self.url.strip_prefix("http://").and_then(|url| url.split_once('/')).unwrap();
        let body = message.to_string();
        let session = if self.id.is_empty() { String::new() } else { format!("mcp-session-id: {}\r\n", self.id) };
        let head = format!(
            "POST /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\n{session}content-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    fn call(&self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let response = self.post(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}));
        let messages = response.lines().filter_map(|line| line.strip_prefix("data:"));
        let message = messages.filter_map(|data| serde_json::from_str::<Value>(data).ok()).next_back();
        message.unwrap_or_else(|| panic!("{response}"))
    }

    /// Closes the server's input and checks that it exits successfully.
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn failures_of_a_session_over_http_are_reported_without_the_key() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let session = Session::start(&directory, &service, "--http");
    assert_eq!(session.call("echo", json!({"text": "fine"}))["result"]["isError"], false);
    assert_eq!(session.call("divide", json!({"a": 1, "b": 0}))["result"]["isError"], true);
    let first = service.next();
    assert_eq!(first.report["error_message"], "divide: division by zero");
    assert_eq!(first.report["rpc"]["transport"], "http");
    assert_eq!(first.report["client"], "2a67cb65d23ea97e");
    assert!(!first.with_key, "{first:#?}");
    assert_reproduces(&first.report, "division by zero");
    let crashed = session.call("crash", json!({}));
    assert_eq!(crashed["error"]["code"], -32603, "{crashed}");
    session.end();
    let is_crash = |report: &Value| report["error_type"] == "panic" && report["rpc"]["tool"] == "crash";
    assert!(std::iter::once(service.next()).chain(service.rest()).any(|received| is_crash(&received.report)));
}

#[test]
fn without_its_url_a_servers_report_contains_only_the_call() {
    let (directory, service) = (DataDirectory::new(), RecordingService::start());
    let session = Session::start(&directory, &service, "--http-without-url");
    assert_eq!(session.call("divide", json!({"a": 1, "b": 0}))["result"]["isError"], true);
    let received = service.next();
    assert_eq!((received.with_key, &received.report["rpc"]["transport"]), (false, &json!("http")));
    let call: Value = serde_json::from_str(received.report["reproduction"].as_str().unwrap()).unwrap();
    assert_eq!(call["params"], json!({"name": "divide", "arguments": {"a": 1, "b": 0}}));
    session.end();
}
