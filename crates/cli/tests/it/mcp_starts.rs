//! `autoheal mcp` around servers that do not start, calls right after one another, and clients that close their input.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::wrapped::{Wrapped, needs, with_input};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#;

/// Starts a server; its input stays open until it has ended.
fn start(wrapped: &Wrapped, command: &[&str], is_requested: bool) {
    let mut mcp = wrapped.mcp(&[], command);
    let mut child = mcp.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    if is_requested {
        // the server may have ended already
        let _closed = writeln!(input, "{INITIALIZE}");
    }
    assert!(!child.wait().unwrap().success());
}

#[tokio::test]
async fn each_server_that_does_not_start_is_one_group_with_its_reason() {
    let wrapped = Wrapped::new();
    let faults = [
        ("echo 'API_KEY is required' >&2; exit 1", "sh did not start: API_KEY is required"),
        ("echo 'license expired' >&2; exit 1", "sh did not start: license expired"),
        ("echo 'cannot open config.json'; exit 2", "sh did not start: cannot open config.json"),
        ("exit 3", "sh did not start: it ended with exit code 3"),
    ];
    for start_number in 0..4 {
        for (fault, _) in faults {
            start(&wrapped, &["sh", "-c", fault], start_number % 2 == 0);
        }
    }
    let serve = wrapped.serve().await;
    let groups = serve.groups().await;
    let titles: Vec<String> = groups.iter().map(|group| group["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(groups.len(), faults.len(), "{titles:#?}");
    assert!(groups.iter().all(|group| group["count"] == 4), "{groups:#?}");
    for (_, message) in faults {
        assert!(titles.iter().any(|title| title.ends_with(message)), "{message}: {titles:#?}");
    }
}

const SERVER: &str = r#"import json, sys, traceback
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request: continue
    number = request.get("params", {}).get("arguments", {}).get("number", 1)
    if number % 2 == 0:
        try: {}[request["params"]["name"]]
        except KeyError: traceback.print_exc()
    result = {"isError": True, "content": [{"type": "text", "text": "broken"}]}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
"#;

#[tokio::test]
async fn a_stack_stays_with_its_call_although_the_next_call_follows_at_once() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    wrapped.file("server.py", SERVER);
    let mut child =
        wrapped.mcp(&[], &["python3", "server.py"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    // words without digits, because numbers do not make another failure
    let tools: Vec<String> = (b'a'..=b'z').map(|letter| format!("tool_{}", char::from(letter))).collect();
    for (number, tool) in tools.iter().enumerate() {
        let params = json!({"name": tool, "arguments": {"number": number}});
        let call = json!({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params});
        input.write_all(format!("{call}\n").as_bytes()).unwrap();
        output.read_line(&mut String::new()).unwrap();
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    let recorded = wrapped.recorded().await;
    assert_eq!(recorded.len(), tools.len());
    for (number, tool) in tools.iter().enumerate() {
        let of_tool = |sample: &&Value| sample["report"]["rpc"]["tool"] == tool.as_str();
        let report = &recorded.iter().find(of_tool).unwrap()["report"];
        let stack = report["stack_trace"].as_str().unwrap_or_default();
        if number % 2 == 0 {
            assert!(report["error_type"] == "KeyError" && stack.contains(&format!("'{tool}'")), "{report:#}");
        } else {
            assert!(report["error_type"] == "ToolError" && stack.is_empty(), "{report:#}");
        }
    }
}

#[tokio::test]
async fn a_crash_after_the_end_of_the_input_is_reported() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    wrapped.file(
        "server.py",
        "import json, sys\n\
         for line in sys.stdin:\n    \
             request = json.loads(line)\n    \
             if request['method'] == 'initialize': print(json.dumps({'jsonrpc': '2.0', 'id': 0, 'result': {}}), flush=True)\n\
         import time; time.sleep(0.3)\n\
         raise ValueError('no price')\n",
    );
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"price"}}"#;
    let input = format!("{INITIALIZE}\n{call}\n");
    let output = with_input(wrapped.mcp(&[], &["python3", "server.py"]), input.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let report = &wrapped.only().await["report"];
    assert_eq!((&report["class"], &report["error_type"]), (&json!("server_exit"), &json!("ValueError")), "{report:#}");
    assert_eq!(report["rpc"]["tool"], "price", "{report:#}");
}
