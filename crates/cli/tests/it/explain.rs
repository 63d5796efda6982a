//! `autoheal explain`: text for one report, and one JSON line for each line of input.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::place::autoheal;
use crate::settings::sentence;

const STACK: &str = "TypeError: price is undefined\n    at checkout (https://shop.example/cart.js:10:5)\n    at main (https://shop.example/cart.js:20:1)";

fn report() -> Value {
    json!({
        "error_type": "TypeError", "error_message": "price of item 4711 is undefined, token=ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "stack_trace": STACK, "context": {"page": "cart", "password": "hunter2"},
    })
}

/// Runs `explain` with these arguments over this input.
async fn explain(arguments: &[&str], variables: &[(&str, &str)], input: &[u8]) -> std::process::Output {
    let mut command = autoheal();
    command.arg("explain").args(arguments).envs(variables.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = tokio::spawn(async move {
        // `explain` may stop reading before the end.
        let _closed = stdin.write_all(&input).await;
    });
    let output = child.wait_with_output().await.unwrap();
    writing.await.unwrap();
    output
}

async fn lines(input: &[u8]) -> Vec<Value> {
    let output = explain(&["--json", "-"], &[], input).await;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn one_report_is_explained_as_text() {
    for arguments in [&[][..], &["-"]] {
        let output = explain(arguments, &[], report().to_string().as_bytes()).await;
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        for shown in [
            "Severity     medium",
            "Fingerprint  ",
            "* checkout https://shop.example/cart.js:10:5",
            "Decision     preview",
            "Title        [Auto-Generated] TypeError: ",
            "Labels       auto-generated, bug, mcp-sdk, medium",
            "# Auto-Generated Error Report",
            "## Occurrences",
        ] {
            assert!(text.contains(shown), "{shown:?} is not in {text}");
        }
        assert!(!text.contains("ghp_") && !text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_line_with_the_output_of_a_command_is_explained_as_run_would_report_it() {
    let output = json!({
        "stdout": "reading\n", "stderr": "a.c:1:2: error: no price\nmake: *** [Makefile:3: a.o] Error 1\n",
        "exit": {"code": 2}, "command": "make all",
    });
    let signal = json!({"stderr": "", "exit": {"signal": "SIGSEGV"}, "command": "./shop 1"});
    let [output, signal] = lines(format!("{output}\n{signal}\n").as_bytes()).await.try_into().unwrap();
    assert_eq!(output["scrubbed"]["error_message"], "a.c:1:2: error: no price");
    assert_eq!((&output["scrubbed"]["error_type"], &output["rule"]), (&json!("exit code 2"), &json!("gcc")));
    assert_eq!(output["fingerprint_parts"][3], json!({"name": "program", "value": "make"}));
    assert_eq!(signal["scrubbed"]["error_message"], "shop was ended by SIGSEGV: an invalid memory access");
}

#[tokio::test]
async fn the_operators_rules_decide_and_explain_names_the_rule() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rules.toml");
    let rules = "[in_app]\nexclude = [\"*/cart.js\"]\n\n[[group]]\nname = \"prices\"\nmessage = \"price of *\"\n";
    std::fs::write(&file, rules).unwrap();
    let variable = [("AUTOHEAL_RULES", file.to_str().unwrap())];
    let output = explain(&["--json", "-"], &variable, report().to_string().as_bytes()).await;
    let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explained["fingerprint_parts"], json!([{"name": "rule", "value": "prices"}]));
    assert_eq!(explained["frames"][0]["in_app"], false);
    for (rules, complaint) in [
        ("[[group]]\nname = \"a\"\nmesage = \"x\"\n", "line 3: unknown field `mesage`"),
        ("[[group]]\nname = \"all\"\n", "group 1 (all) has no condition"),
        ("[group", "line 1: "),
    ] {
        std::fs::write(&file, rules).unwrap();
        let said = sentence(&explain(&[], &variable, b"{}").await);
        assert!(said.starts_with("autoheal: AUTOHEAL_RULES: ") && said.contains(complaint), "{said}");
    }
    let missing = [("AUTOHEAL_RULES", "/nowhere/rules.toml")];
    assert!(sentence(&explain(&[], &missing, b"{}").await).contains("/nowhere/rules.toml cannot be read"));
}

#[tokio::test]
async fn a_report_that_was_read_again_says_so() {
    let report = json!({
        "error_type": "exit code 1", "error_message": "╵", "source": "cli",
        "logs": [{"level": "stderr", "message": "│ Error: Invalid reference"}, {"level": "stderr", "message": "╵"}],
    });
    let [explained] = lines(format!("{report}\n").as_bytes()).await.try_into().unwrap();
    assert_eq!(explained["scrubbed"]["error_message"], "Invalid reference");
    assert_eq!(explained["notes"], json!(["error_message was replaced by the error that the log lines show"]));
    let output = explain(&[], &[], report.to_string().as_bytes()).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Note         error_message was replaced"), "{text}");
}

#[tokio::test]
async fn no_character_of_a_report_controls_the_terminal() {
    let hostile = "a\u{1b}[2J\u{1b}]52;c;aGk=\u{7}b\u{9b}31m\u{202e}c\r\nFingerprint  forged";
    let report = json!({
        "error_type": hostile, "error_message": hostile, "fingerprint": hostile,
        "stack_trace": format!("E: x\n    at {hostile} (https://shop.example/{hostile}.js:1:2)"),
        "rpc": {"method": hostile, "tool": hostile}, "logs": [{"message": hostile}], "context": {"page": hostile},
    });
    let output = explain(&[], &[], report.to_string().as_bytes()).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let controls: Vec<char> = text.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
    assert_eq!(controls, [], "{text:?}");
    let (summary, _) = text.split_once("\n\n").unwrap();
    assert_eq!(summary.lines().filter(|line| line.starts_with("Fingerprint")).count(), 1, "{summary}");
}

#[tokio::test]
async fn each_line_of_input_gets_one_line_of_output_in_order() {
    let mut input = Vec::new();
    for at in 0..40 {
        input.extend(json!({"error_type": "E", "error_message": "m", "context": {"at": at}}).to_string().into_bytes());
        input.push(b'\n');
    }
    let explained = lines(&input).await;
    let found: Vec<u64> = explained.iter().map(|line| line["scrubbed"]["context"]["at"].as_u64().unwrap()).collect();
    assert_eq!(found, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_line_that_is_no_report_is_rejected_in_order() {
    let good = json!({"error_type": "E", "error_message": "m"}).to_string();
    let long = format!(r#"{{"error_type":"E","error_message":"{}"}}"#, "x".repeat(9 * 1024 * 1024));
    let deep = "[".repeat(10_000);
    let bad: [&[u8]; 9] =
        [b"not json", b"5", b"[]", b"{}", b"", b"  \t", b"\"\xff\"", long.as_bytes(), deep.as_bytes()];
    let mut input = Vec::new();
    for line in bad {
        input.extend_from_slice(line);
        input.push(b'\n');
        input.extend_from_slice(good.as_bytes());
        input.push(b'\n');
    }
    let explained = lines(&input).await;
    assert_eq!(explained.len(), 18);
    for pair in explained.chunks(2) {
        let keys: Vec<&String> = pair[0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["rejected"], "{}", pair[0]);
        assert!(pair[0]["rejected"].as_str().unwrap().len() > 10);
        assert!(pair[1]["fingerprint"].is_string(), "{}", pair[1]);
    }
    assert_eq!(lines(b"").await, Vec::<Value>::new());
    assert_eq!(lines(good.as_bytes()).await.len(), 1, "the last line needs no line end");
}

#[tokio::test]
async fn a_line_has_exactly_the_documented_members() {
    let explained = lines(report().to_string().as_bytes()).await.remove(0);
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(
        keys(&explained),
        "decision fingerprint fingerprint_parts frames issue noise normalised_message notes scrubbed severity severity_reason"
    );
    assert_eq!(keys(&explained["scrubbed"]), "context error_message error_type stack_trace");
    assert_eq!(keys(&explained["issue"]), "body labels title");
    let frame = &explained["frames"][0];
    assert_eq!(keys(frame), "column file function in_app line");
    assert_eq!(
        *frame,
        json!({"function": "checkout", "file": "https://shop.example/cart.js", "line": 10, "column": 5, "in_app": true})
    );
    assert_eq!(explained["severity"], "medium");
    assert!(explained["severity_reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    assert_eq!(explained["fingerprint"].as_str().unwrap().len(), 32);
    assert!(explained["fingerprint_parts"].as_array().is_some_and(|parts| !parts.is_empty()));
    assert!(!explained["normalised_message"].as_str().unwrap().contains("4711"));
    assert_eq!(explained["decision"], json!(["preview"]));
    assert!(!explained.to_string().contains("ghp_") && !explained.to_string().contains("hunter2"), "{explained}");
}

#[tokio::test]
async fn the_output_of_a_command_is_explained_as_run_would_report_it() {
    let output = "building\nTraceback (most recent call last):\n  File \"/srv/shop/app.py\", line 9, in main\n    load()\n\
                  OSError: [Errno 28] No space left on device\nmake: *** [Makefile:3: all] Error 1\n";
    let explained = explain(&["--output", "-", "--exit", "2", "--json"], &[], output.as_bytes()).await;
    assert!(explained.status.success(), "{explained:?}");
    let explained: Value = serde_json::from_slice(&explained.stdout).unwrap();
    assert_eq!((&explained["error_type"], &explained["severity"]), (&json!("OSError"), &json!("high")));
    assert_eq!(explained["rule"], "python traceback");
    assert_eq!(explained["frames"][0]["function"], "main");
    assert_eq!(explained["logs"], json!(["building", "make: *** [Makefile:3: all] Error 1"]));
    let text = explain(&["--output", "-", "--exit", "2"], &[], b"\n").await;
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("exit code 2") && text.contains("the ending is all there is"), "{text}");
    let refused = explain(&["--exit", "2"], &[], b"{}").await;
    assert!(!refused.status.success(), "{refused:?}");
}

#[tokio::test]
async fn the_decision_follows_the_switches() {
    let body = json!({"error_type": "E", "error_message": "m"}).to_string();
    type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);
    let cases: [Case; 4] = [
        (&[("AUTOHEAL_ISSUE", "yes"), ("AUTOHEAL_REPO", "acme/shop")], &["open_issue"]),
        (
            &[("IPFS_AUTO_ISSUE", "1"), ("IPFS_AUTO_PR", "TRUE"), ("IPFS_REPO", "acme/shop")],
            &["open_issue", "open_draft_pull_request"],
        ),
        (&[("AUTOHEAL_ISSUE", "no"), ("IPFS_AUTO_ISSUE", "true")], &["preview"]),
        (&[("IPFS_AUTO_HEAL", "true"), ("IPFS_REPO", "acme/shop")], &["open_issue", "await_approval", "hand_over"]),
    ];
    for (variables, steps) in cases {
        let output = explain(&["--json", "-"], variables, body.as_bytes()).await;
        let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(explained["decision"], json!(steps), "{variables:?}");
    }
}

#[tokio::test]
async fn a_caller_error_opens_no_issue_unless_the_operator_allows_it() {
    let mut error_report = json!({
        "error_type": "ToolError", "error_message": "Unknown tool: nope", "source": "mcp_tool", "class": "caller_error",
    });
    const ON: [(&str, &str); 2] = [("AUTOHEAL_ISSUE", "yes"), ("AUTOHEAL_REPO", "acme/shop")];
    type Case = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);
    let cases: [Case; 7] = [
        (&[], &[], "wait_for_more_clients"),
        (&[], &[("AUTOHEAL_CALLER_ERRORS", "no")], "wait_for_more_clients"),
        (&[], &[("AUTOHEAL_CALLER_ERRORS", "yes")], "open_issue"),
        (&["--caller-errors"], &[("AUTOHEAL_CALLER_ERRORS", "no")], "open_issue"),
        (&["--caller-errors=0"], &[("AUTOHEAL_CALLER_ERRORS", "1")], "wait_for_more_clients"),
        (&[], &[("AUTOHEAL_CALLER_ERROR_CLIENTS", "1")], "open_issue"),
        (&["--caller-error-clients", "2"], &[("AUTOHEAL_CALLER_ERROR_CLIENTS", "1")], "wait_for_more_clients"),
    ];
    error_report["client"] = json!("a");
    for (flags, variables, decision) in cases {
        let arguments = [&["--json"], flags, &["-"]].concat();
        let variables = [&ON, variables].concat();
        let output = explain(&arguments, &variables, error_report.to_string().as_bytes()).await;
        let explained: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(explained["decision"], json!([decision]), "{flags:?} {variables:?}");
    }
    // A preview shows the same: no issue would be opened.
    for (variables, decision) in [(&ON[..], "wait for more clients"), (&[], "preview")] {
        let output = explain(&["-"], variables, error_report.to_string().as_bytes()).await;
        let text = String::from_utf8(output.stdout).unwrap();
        let shown = format!("Decision     {decision}\n             a caller error opens no issue before");
        assert!(text.contains(&shown), "{shown:?} is not in {text}");
    }
}

#[tokio::test]
async fn a_reader_that_stops_early_is_no_error() {
    let mut input = Vec::new();
    for _ in 0..2_000 {
        input.extend_from_slice(report().to_string().as_bytes());
        input.push(b'\n');
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("reports.jsonl");
    std::fs::write(&file, input).unwrap();
    let script = "set -o pipefail; \"$0\" explain --json \"$1\" | head -1";
    let mut shell = tokio::process::Command::new("bash");
    let output = shell.args(["-c", script, env!("CARGO_BIN_EXE_autoheal")]).arg(&file).output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!((output.stdout.iter().filter(|byte| **byte == b'\n').count(), output.stderr.len()), (1, 0));
}

#[tokio::test]
async fn input_that_is_no_report_is_refused_in_one_line() {
    for (input, word) in [("nonsense", "JSON"), ("{}", "error_type"), ("", "JSON")] {
        assert!(sentence(&explain(&["-"], &[], input.as_bytes()).await).contains(word));
    }
    let absent = explain(&["/nonexistent/report.json"], &[], b"").await;
    assert!(sentence(&absent).contains("cannot open /nonexistent/report.json"));
    let directory = autoheal().args(["explain", "/"]).output().await.unwrap();
    assert!(sentence(&directory).contains(": Is a directory"));
}

#[tokio::test]
async fn a_file_that_is_no_report_is_named_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in [("open.json", &b"{"[..]), ("build.log", b"error: no price"), ("binary", b"\xff\xfe")] {
        std::fs::write(directory.path().join(name), bytes).unwrap();
        let mut explain = autoheal();
        let output = explain.args(["explain", name]).current_dir(directory.path()).output().await.unwrap();
        let said = sentence(&output);
        assert!(said.contains(name) && said.contains("--output"), "{said}");
    }
}
