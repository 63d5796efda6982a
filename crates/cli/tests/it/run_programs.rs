//! Real programs in Python, Node, Rust and Java that fail in common ways, and the report of each.

use std::process::Command;

use serde_json::{Value, json};

use crate::wrapped::{Wrapped, needs};

/// Runs a command that fails, and returns the recorded sample.
async fn record_failure(wrapped: &Wrapped, command: &[&str]) -> Value {
    let output = wrapped.output(command);
    assert!(!output.status.success(), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("autoheal:"), "{output:?}");
    wrapped.only().await
}

/// The functions of the application's own frames, innermost first.
fn own_functions(sample: &Value) -> Vec<String> {
    let frames = sample["frames"].as_array().unwrap().iter().filter(|frame| frame["in_app"] == true);
    frames.map(|frame| frame["function"].as_str().unwrap_or("-").to_owned()).collect()
}

#[track_caller]
fn check(sample: &Value, error_type: &str, message: &str, functions: &[&str], severity: &str) {
    let report = &sample["report"];
    assert_eq!((&report["error_type"], &report["source"]), (&json!(error_type), &json!("cli")), "{sample:#}");
    assert!(report["error_message"].as_str().unwrap().contains(message), "{sample:#}");
    assert_eq!(own_functions(sample), functions, "{sample:#}");
    assert_eq!(sample["severity"], severity, "{sample:#}");
}

#[tokio::test]
async fn python_with_its_cause_and_the_lines_before() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let text = "import json, sys\nfor i in range(80): print('step', i)\nprint('loading', file=sys.stderr)\n\
                def load(text):\n    try: return json.loads(text)\n    except ValueError as error: raise LookupError('no prices') from error\n\
                def main(): load('{')\nmain()\n";
    wrapped.file("app.py", text);
    let sample = record_failure(&wrapped, &["python3", "app.py", "--fast"]).await;
    // the frames of the cause come first
    check(&sample, "LookupError", "no prices", &["load", "load", "main", "-"], "medium");
    let report = &sample["report"];
    assert_eq!(report["causes"][0]["error_type"], "json.decoder.JSONDecodeError");
    let logs = report["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 51);
    assert_eq!(logs[50], json!({"level": "stderr", "message": "loading"}));
    assert_eq!(logs[49], json!({"level": "stdout", "message": "step 79"}));
    assert_eq!((&report["command"], &report["exit"]), (&json!("python3 app.py --fast"), &json!({"code": 1})));
    assert_eq!(report["system"]["os"], std::env::consts::OS);
    assert_eq!(report["system"]["arch"], std::env::consts::ARCH);
    assert!(report["system"]["runtime"].as_str().unwrap().starts_with("Python 3"), "{report:#}");
    assert!(report["context"]["duration_ms"].as_u64().is_some(), "{report:#}");
}

#[tokio::test]
async fn other_failures_in_python() {
    needs("python3", "apt install python3");
    for (text, error_type, message, functions, severity) in [
        ("def f(): f()\nf()\n", "RecursionError", "maximum recursion depth", vec!["f"; 99], "critical"),
        ("def read(): open('/nonexistent')\nread()\n", "FileNotFoundError", "[Errno 2]", vec!["read", "-"], "high"),
        ("def f(:\n", "SyntaxError", "", vec!["-"], "medium"),
        ("x = {}\nx['price']\n", "KeyError", "'price'", vec!["-"], "medium"),
    ] {
        let wrapped = Wrapped::new();
        wrapped.file("app.py", text);
        let sample = record_failure(&wrapped, &["python3", "app.py"]).await;
        if error_type == "RecursionError" {
            let functions = own_functions(&sample);
            assert!(functions.iter().filter(|name| *name == "f").count() >= 3, "{sample:#}");
            assert_eq!(
                (&sample["report"]["error_type"], &sample["severity"]),
                (&json!(error_type), &json!("critical"))
            );
        } else {
            check(&sample, error_type, message, &functions, severity);
        }
    }
}

#[tokio::test]
async fn an_interrupt_in_python_is_no_failure() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    for text in [
        "raise KeyboardInterrupt",
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)",
        "import sys\nsys.exit(130)",
    ] {
        assert!(!wrapped.output(&["python3", "-c", text]).status.success());
    }
    assert!(wrapped.recorded().await.is_empty());
}

#[tokio::test]
async fn node_with_its_cause() {
    needs("node", "https://nodejs.org, version 20 or later");
    let wrapped = Wrapped::new();
    let text = "function price(item) { return item.price.value }\n\
                function checkout() { try { return price({}) } catch (error) { throw new RangeError('no price', {cause: error}) } }\n\
                checkout()\n";
    wrapped.file("shop.js", text);
    let sample = record_failure(&wrapped, &["node", "shop.js"]).await;
    let functions = ["price", "checkout", "checkout", "Object.<anonymous>"];
    check(&sample, "RangeError", "no price", &functions, "medium");
    let cause = &sample["report"]["causes"][0];
    assert_eq!(cause["error_type"], "TypeError");
    assert!(cause["error_message"].as_str().unwrap().contains("reading 'value'"), "{cause}");
    assert!(sample["report"]["system"]["runtime"].as_str().unwrap().starts_with("node v"), "{sample:#}");
}

#[tokio::test]
async fn other_failures_in_node() {
    needs("node", "https://nodejs.org, version 20 or later");
    for (text, error_type, message, severity) in [
        ("throw 'just text'", "Uncaught", "just text", "medium"),
        ("require('fs').readFileSync('/nonexistent')", "Error", "ENOENT", "high"),
        ("Promise.reject(new TypeError('late'))", "TypeError", "late", "medium"),
        ("function f() { f() }\nf()", "RangeError", "Maximum call stack", "critical"),
    ] {
        let wrapped = Wrapped::new();
        wrapped.file("app.js", text);
        let sample = record_failure(&wrapped, &["node", "app.js"]).await;
        assert_eq!(sample["report"]["error_type"], error_type, "{sample:#}");
        assert!(sample["report"]["error_message"].as_str().unwrap().contains(message), "{sample:#}");
        assert_eq!(sample["severity"], severity, "{sample:#}");
        assert!(!own_functions(&sample).is_empty(), "{sample:#}");
    }
}

#[tokio::test]
async fn rust_with_and_without_a_backtrace_is_one_failure_of_main() {
    needs("rustc", "https://rustup.rs");
    let wrapped = Wrapped::new();
    let text = "#[inline(never)] fn pick(items: &[u32], at: usize) -> u32 { items[at] }\n\
                fn main() { println!(\"{}\", pick(&[1], std::env::args().count() + 4)); }\n";
    wrapped.file("shop.rs", text);
    let compiled = Command::new("rustc").args(["-g", "shop.rs"]).current_dir(wrapped.path()).output().unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    for backtrace in ["1", "0"] {
        let output = wrapped.run(&[], &["./shop"]).env("RUST_BACKTRACE", backtrace).output().unwrap();
        assert_eq!(output.status.code(), Some(101));
    }
    let recorded = wrapped.recorded().await;
    assert_eq!(recorded.len(), 1, "one group: {recorded:#?}");
    check(
        &recorded[0],
        "panic",
        "index out of bounds: the len is 1 but the index is 5",
        &["shop::pick", "shop::main"],
        "high",
    );
}

#[tokio::test]
async fn java_with_its_causes() {
    needs("java", "apt install default-jdk-headless");
    let wrapped = Wrapped::new();
    let text = "public class Shop {\n  static int price(String text) { return Integer.parseInt(text); }\n\
                  static void load() { try { price(\"x\"); } catch (RuntimeException e) { throw new IllegalStateException(\"no prices\", e); } }\n\
                  public static void main(String[] arguments) { load(); }\n}\n";
    wrapped.file("Shop.java", text);
    let sample = record_failure(&wrapped, &["java", "Shop.java"]).await;
    let functions = ["Shop.price", "Shop.load", "Shop.main"];
    check(&sample, "java.lang.IllegalStateException", "no prices", &functions, "medium");
    assert_eq!(sample["report"]["causes"][0]["error_type"], "java.lang.NumberFormatException");
    assert!(sample["report"]["system"]["runtime"].as_str().unwrap().contains("openjdk"), "{sample:#}");
}

#[tokio::test]
async fn a_program_without_a_stack_is_reported_by_its_last_line() {
    let wrapped = Wrapped::new();
    let script = "echo building; echo 'cart.c:3: error: no price' >&2; exit 2";
    let sample = record_failure(&wrapped, &["sh", "-c", script]).await;
    // the place that the line names
    check(&sample, "exit code 2", "cart.c:3: error: no price", &["-"], "medium");
    let preview = sample["preview"]["body"].as_str().unwrap();
    for shown in ["**Exit:** `code 2`", "**Command:** `sh`", "## Reproduction", "stdout building"] {
        assert!(preview.contains(shown), "{shown} is not in {preview}");
    }
}

#[tokio::test]
async fn the_directory_is_relative_to_the_repository() {
    needs("git", "apt install git");
    let wrapped = Wrapped::new();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@shop.example"]).args(arguments).current_dir(wrapped.path());
        let output = git.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "first"]);
    std::fs::create_dir_all(wrapped.path().join("tools/check")).unwrap();
    // git is not run, because it may take long on a slow disk or in a huge repository
    let slow = wrapped.path().join("slow");
    std::fs::create_dir(&slow).unwrap();
    std::os::unix::fs::symlink("/usr/bin/yes", slow.join("git")).unwrap();
    let paths = std::env::var("PATH").unwrap();
    let mut run = wrapped.run(&[], &["sh", "-c", "exit 3"]);
    run.env("PATH", format!("{}:{paths}", slow.display()));
    assert_eq!(run.current_dir(wrapped.path().join("tools/check")).status().unwrap().code(), Some(3));
    let report = wrapped.only().await["report"].clone();
    let commit = git(&["rev-parse", "HEAD"]);
    assert_eq!(
        (&report["context"]["directory"], &report["context"]["commit"]),
        (&json!("tools/check"), &json!(commit))
    );
    assert_eq!(report["release"], commit[..12]);
}

#[tokio::test]
async fn secrets_are_removed_before_a_report_is_written_to_disk() {
    let wrapped = Wrapped::new();
    let script = "echo \"token=ghp_0123456789abcdefghijklmnopqrstuvwxyz\" >&2; exit 1";
    // no service listens there, so the report stays in the spool
    let options = ["--url", "http://127.0.0.1:9"];
    let ssh = ["sshpass", "-p", "hunter2-of-ssh", "ssh", "shop"];
    let command = ["sh", "-c", script, "app", "--password", "hunter2-hunter2", "--api-key=k3y-k3y-k3y"];
    let command = [command.as_slice(), &ssh].concat();
    let output = wrapped.run(&options, &command).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(wrapped.spooled(), 1);
    let file = std::fs::read_dir(wrapped.spool()).unwrap().flatten().find(|file| file.path().extension().is_some());
    let spooled = std::fs::read_to_string(file.unwrap().path()).unwrap();
    assert_eq!(wrapped.run(&[], &command).output().unwrap().status.code(), Some(1));
    let report = &wrapped.only().await["report"];
    for secret in ["ghp_", "hunter2", "k3y-k3y"] {
        assert!(!spooled.contains(secret) && !report.to_string().contains(secret), "{secret}: {spooled}");
    }
    assert!(report["command"].as_str().unwrap().contains("--password <secret>"), "{report:#}");
}

#[tokio::test]
async fn secrets_are_removed_before_the_text_is_cut() {
    let wrapped = Wrapped::new();
    let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n".repeat(60);
    wrapped.file("key", &format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n"));
    // each long line is cut at another position of the token in it
    let script = "cat key >&2; for n in 470 475 480 485 490; do printf '%*s ghp_%s %2000s\\n' $n y \
                  0123456789abcdefghijklmnopqrstuvwxyz z | tr ' ' '.' | sed 's/[.]ghp/ ghp/;s/z[.]/z /' >&2; done; exit 1";
    assert_eq!(wrapped.output(&["sh", "-c", script]).status.code(), Some(1));
    let logs = wrapped.only().await["report"]["logs"].to_string();
    assert!(!logs.contains("MIIE") && !logs.contains("ghp_"), "{logs}");
    assert!(logs.contains("<private-key>") && logs.contains("<token>"), "{logs}");
}
