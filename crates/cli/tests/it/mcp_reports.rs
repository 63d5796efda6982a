//! Reports of `autoheal mcp`: failures in the conversation, once, in time, with directory and commit; and none without a
//! failure.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::run_delivery::count_once;
use crate::wrapped::{Wrapped, needs, samples};

const SERVER: &str = r#"import json, os, sys, traceback
def price(item): raise LookupError(f"no price for {item}")
TOOLS = sys.argv[1].split(",") if len(sys.argv) > 1 else []
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request: continue
    response = {"result": {}}
    name = request.get("params", {}).get("name")
    if request["method"] == "initialize":
        response = {"result": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "shop", "version": "1.2"}}}
    elif request["method"] == "tools/list":
        response = {"result": {"tools": [{"name": tool, "inputSchema": {"type": "object"}} for tool in TOOLS]}}
    elif name == "hang": continue
    elif name == "die": os._exit(3)
    elif name == "price":
        try: price(request["params"]["arguments"]["item"])
        except LookupError as error:
            traceback.print_exc()
            response = {"result": {"isError": True, "content": [{"type": "text", "text": str(error)}]}}
    elif name is not None and name not in TOOLS:
        response = {"error": {"code": -32602, "message": f"Unknown tool: {name}"}}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **response}), flush=True)
"#;

/// A client and its server, with `autoheal mcp` between them.
struct Conversation {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

impl Conversation {
    /// Starts the server and does the handshake.
    fn begin(wrapped: &Wrapped, options: &[&str], tools: &str) -> Self {
        needs("python3", "apt install python3");
        wrapped.file("server.py", SERVER);
        Self::with(wrapped.mcp(options, &["python3", "server.py", tools]))
    }

    fn with(mut mcp: Command) -> Self {
        let mut child = mcp.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut conversation = Self { child, stdin, stdout, next: 0 };
        let greeting = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        conversation.request("initialize", &greeting);
        conversation.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        conversation
    }

    fn write(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").unwrap();
    }

    fn send(&mut self, method: &str, params: &Value) {
        self.next += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.send(method, params);
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let response: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(response["id"], self.next, "{response}");
        response
    }

    fn call(&mut self, tool: &str) -> Value {
        self.request("tools/call", &json!({"name": tool, "arguments": {"item": "lamp"}}))
    }

    /// Closes the input. Returns standard error, the server's exit status, and the time until then.
    fn end(self) -> (String, ExitStatus, Duration) {
        let Self { mut child, stdin, mut stdout, .. } = self;
        let began = Instant::now();
        drop(stdin);
        assert_eq!(stdout.read_to_string(&mut String::new()).unwrap(), 0);
        let output = child.wait_with_output_of_errors();
        (output.0, output.1, began.elapsed())
    }
}

trait Errors {
    fn wait_with_output_of_errors(&mut self) -> (String, ExitStatus);
}

impl Errors for Child {
    fn wait_with_output_of_errors(&mut self) -> (String, ExitStatus) {
        let mut errors = String::new();
        self.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (errors, self.wait().unwrap())
    }
}

/// The one line that autoheal printed.
fn autoheals_line(errors: &str) -> &str {
    let lines: Vec<&str> = errors.lines().filter_map(|line| line.strip_prefix("autoheal: ")).collect();
    assert_eq!(lines.len(), 1, "{errors}");
    lines[0]
}

/// The one inventory file.
fn inventory_file(wrapped: &Wrapped) -> PathBuf {
    let files: Vec<_> = std::fs::read_dir(wrapped.path().join("data/autoheal/servers")).unwrap().flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].path()
}

#[tokio::test]
async fn a_failing_tool_is_recorded_with_its_stack_directory_and_commit() {
    let wrapped = Wrapped::new();
    for words in [
        &["init", "-q"][..],
        &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "first"],
    ] {
        assert!(Command::new("git").args(words).current_dir(wrapped.path()).status().unwrap().success());
    }
    let mut conversation = Conversation::begin(&wrapped, &[], "price,ping");
    assert_eq!(conversation.call("price")["result"]["isError"], true);
    let (errors, status, _) = conversation.end();
    assert!(errors.starts_with("Traceback"), "{errors}");
    assert!(autoheals_line(&errors).starts_with("recorded: LookupError; `autoheal serve` shows it"), "{errors}");
    assert_eq!(status.code(), Some(0));
    let sample = wrapped.only().await;
    let report = &sample["report"];
    assert_eq!((&report["source"], &report["class"]), (&json!("mcp_tool"), &json!("tool_failure")), "{sample:#}");
    assert_eq!((&report["rpc"]["tool"], &report["server"]["name"]), (&json!("price"), &json!("shop")), "{sample:#}");
    assert!(report["error_message"].as_str().unwrap().contains("no price for lamp"), "{sample:#}");
    assert!(report["stack_trace"].as_str().unwrap().contains("server.py"), "{sample:#}");
    assert_eq!((&report["context"]["directory"], &report["system"]["os"]), (&json!("."), &json!(std::env::consts::OS)));
    assert_eq!(report["system"]["arch"], std::env::consts::ARCH);
    assert!(report["system"]["runtime"].as_str().unwrap().starts_with("Python 3"), "{sample:#}");
    let commit = report["context"]["commit"].as_str().unwrap();
    // the release is the server's own version, rather than the commit of the directory it is started in
    assert!(commit.len() == 40 && report["release"] == "1.2", "{sample:#}");
    assert_eq!(sample["sender"], "local");
    // the working tree has the server's file, the commit does not
    let code = &sample["code"][0];
    assert!(code["lines"].to_string().contains("raise LookupError"), "{sample:#}");
    assert_eq!(code["checkout"], json!({"path": "server.py", "state": "untracked"}));
}

#[tokio::test]
async fn the_reproduction_starts_in_the_repository() {
    let wrapped = Wrapped::new();
    assert!(Command::new("git").args(["init", "-q"]).current_dir(wrapped.path()).status().unwrap().success());
    let first = ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "--allow-empty", "-m", "first"];
    assert!(Command::new("git").args(first).current_dir(wrapped.path()).status().unwrap().success());
    let deep = wrapped.path().join("the server");
    std::fs::create_dir(&deep).unwrap();
    std::fs::write(deep.join("server.py"), SERVER).unwrap();
    let mut mcp = wrapped.mcp(&[], &["python3", "server.py", "price"]);
    mcp.current_dir(&deep);
    let mut conversation = Conversation::with(mcp);
    conversation.call("price");
    conversation.end();
    let sample = wrapped.only().await;
    assert_eq!(sample["report"]["context"]["directory"], "the server");
    let line = sample["report"]["reproduction"].as_str().unwrap();
    assert!(line.starts_with("cd 'the server' && "), "{line}");
    // shortened, because the test server needs no 20 seconds
    let line = line.replace("sleep 20", "sleep 1");
    let again = Command::new("sh").args(["-c", &line]).current_dir(wrapped.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stdout).contains("no price for lamp"), "{line}\n{again:?}");
}

#[tokio::test]
async fn a_server_that_exits_during_a_call_is_recorded() {
    let wrapped = Wrapped::new();
    let mut conversation = Conversation::begin(&wrapped, &[], "die");
    conversation.send("tools/call", &json!({"name": "die", "arguments": {}}));
    // while the client's input is open
    let (errors, status) = conversation.child.wait_with_output_of_errors();
    assert_eq!((errors.lines().count(), status.code()), (1, Some(3)), "{errors}");
    assert!(autoheals_line(&errors).starts_with("recorded: ServerExit"), "{errors}");
    let report = &wrapped.only().await["report"];
    assert_eq!((&report["class"], &report["exit"]), (&json!("server_exit"), &json!({"code": 3})), "{report:#}");
    assert_eq!(report["rpc"]["tool"], "die");
}

/// Repeated, because the threads must record the call before the exit in any schedule.
#[tokio::test]
async fn the_call_during_which_a_server_exits_is_always_recorded() {
    let wrapped = Wrapped::new();
    for _ in 0..40 {
        let mut mcp = wrapped.mcp(&[], &["sh", "-c", "read call; exit 3"]);
        let mut child = mcp.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let call =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "die", "arguments": {}}});
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{call}").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3));
    }
    let serve = wrapped.serve().await;
    let samples = samples(&serve).await;
    assert_eq!((samples.len(), serve.count().await), (1, 40), "{samples:#?}");
    assert_eq!(samples[0]["report"]["rpc"]["tool"], "die");
}

#[tokio::test]
async fn a_call_without_a_response_is_reported_while_the_conversation_goes_on() {
    let (wrapped, there) = (Wrapped::new(), Wrapped::new());
    let serve = there.serve().await;
    let url = format!("http://{}", serve.address);
    let mut conversation = Conversation::begin(&wrapped, &["--url", &url, "--timeout", "200ms"], "hang,ok");
    conversation.send("tools/call", &json!({"name": "hang", "arguments": {}}));
    conversation.call("ok");
    count_once(&serve, 1).await;
    let report = &samples(&serve).await[0]["report"];
    assert_eq!((&report["class"], &report["rpc"]["tool"]), (&json!("no_answer"), &json!("hang")), "{report:#}");
    conversation.call("ok");
    let (errors, status, _) = conversation.end();
    assert_eq!((errors.lines().count(), status.code()), (1, Some(0)), "{errors}");
    assert!(autoheals_line(&errors).contains("NoAnswer"), "{errors}");
    assert_eq!(serve.count().await, 1);
}

#[tokio::test]
async fn repeated_failures_are_one_group() {
    let wrapped = Wrapped::new();
    let mut conversation = Conversation::begin(&wrapped, &[], "price");
    // read, because the tracebacks would fill the pipe
    let mut errors = conversation.child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()).unwrap());
    for _ in 0..500 {
        conversation.call("price");
    }
    drop(conversation.stdin);
    assert!(conversation.child.wait().unwrap().success());
    assert!(reading.join().unwrap() > 0);
    let serve = wrapped.serve().await;
    assert_eq!((serve.groups().await.len(), serve.count().await), (1, 500));
}

#[test]
fn without_a_failure_no_file_and_no_line_is_written() {
    let wrapped = Wrapped::new();
    let mut conversation = Conversation::begin(&wrapped, &[], "ok");
    for _ in 0..50 {
        conversation.call("ok");
    }
    let (errors, status, _) = conversation.end();
    assert_eq!((errors.as_str(), status.code()), ("", Some(0)));
    assert!(!wrapped.place.store().exists() && !wrapped.spool().exists());
}

#[tokio::test]
async fn a_report_for_an_unreachable_service_is_sent_next_time() {
    let (here, there) = (Wrapped::new(), Wrapped::new());
    let serve = there.serve().await;
    let address = serve.address.to_string();
    assert_eq!(serve.terminate().await.code(), Some(0));
    let options = ["--url", &format!("http://{address}")];
    let mut conversation = Conversation::begin(&here, &options, "price");
    conversation.call("price");
    let (errors, status, _) = conversation.end();
    assert_eq!((status.code(), here.spooled()), (Some(0), 1), "{errors}");
    let lines: Vec<&str> = errors.lines().filter(|line| line.starts_with("autoheal: ")).collect();
    assert!(lines.len() == 1 && lines[0].contains("stay on this machine"), "{errors}");
    // the same address as before
    let mut again = crate::place::autoheal();
    again.args(["serve", "--listen", &address, "--rate-limit", "0", "--store"]).arg(there.place.store());
    let serve = there.place.serve_with(again).await;
    let mut conversation = Conversation::begin(&here, &options, "price");
    conversation.call("price");
    let (errors, _, _) = conversation.end();
    assert!(autoheals_line(&errors).starts_with(&format!("reported to http://{address}: LookupError")), "{errors}");
    assert_eq!((here.spooled(), serve.count().await), (0, 2));
}

#[test]
fn a_service_that_never_responds_delays_the_end_by_two_seconds_at_most() {
    let wrapped = Wrapped::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut conversation = Conversation::begin(&wrapped, &["--url", &url], "price");
    conversation.call("price");
    let (errors, status, took) = conversation.end();
    assert!(took < Duration::from_millis(2_300), "{took:?}");
    assert_eq!((status.code(), wrapped.spooled()), (Some(0), 1), "{errors}");
    assert_eq!(errors.lines().filter(|line| line.starts_with("autoheal: ")).count(), 1, "{errors}");
}

/// A tool that the server once offered and no longer has is the server's failure, also after both were restarted.
#[tokio::test]
async fn the_inventory_of_a_server_is_kept_between_starts() {
    let wrapped = Wrapped::new();
    let script = wrapped.path().join("server.py");
    let begin = |tools: &str| {
        wrapped.file("server.py", &SERVER.replace("sys.argv[1].split(\",\")", &format!("{tools:?}.split(\",\")")));
        Conversation::with(wrapped.mcp(&[], &["python3", script.to_str().unwrap(), "-"]))
    };
    let mut first = begin("sum,other");
    first.request("tools/list", &json!({}));
    first.end();
    let text = std::fs::read_to_string(inventory_file(&wrapped)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({"server": "shop", "tools": ["other", "sum"]}));
    // an unreadable file is replaced
    std::fs::write(inventory_file(&wrapped), "{\"server\": 7").unwrap();
    let mut second = begin("sum,other");
    second.request("tools/list", &json!({}));
    second.end();
    assert_eq!(std::fs::read_to_string(inventory_file(&wrapped)).unwrap(), text);
    let mut third = begin("other");
    third.request("tools/list", &json!({}));
    assert_eq!(third.call("sum")["error"]["code"], -32602);
    third.end();
    let report = &wrapped.only().await["report"];
    assert_eq!((&report["class"], &report["rpc"]["tool"]), (&json!("tool_failure"), &json!("sum")), "{report:#}");
}

#[test]
fn without_a_home_directory_the_conversation_is_unchanged() {
    let wrapped = Wrapped::new();
    let mut mcp = wrapped.mcp(&[], &["python3", "server.py", "price"]);
    wrapped.file("server.py", SERVER);
    mcp.env("HOME", "/dev/null").env_remove("XDG_DATA_HOME").env("AUTOHEAL_STORE", "/proc/nowhere/store.db");
    let mut conversation = Conversation::with(mcp);
    conversation.call("price");
    let (errors, status, _) = conversation.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(errors.lines().filter(|line| line.starts_with("autoheal: ")).count(), 1, "{errors}");
}
