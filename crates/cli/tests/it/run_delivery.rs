//! Delivery of failures: to the own store, to a service, or to the spool while neither is available.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::wrapped::{Wrapped, samples, with_input};

const FAILS: [&str; 3] = ["sh", "-c", "echo no price >&2; exit 3"];

/// Polls the service until so many occurrences are recorded.
pub(crate) async fn count_once(serve: &crate::place::Serve, expected: u64) {
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_500 {
        poll.tick().await;
        if serve.count().await == expected {
            return;
        }
    }
    panic!("expected {expected} occurrences, got {}", serve.count().await);
}

#[tokio::test]
async fn the_own_store_records_it_as_the_operators_own() {
    let wrapped = Wrapped::new();
    for _ in 0..3 {
        assert_eq!(wrapped.output(&FAILS).status.code(), Some(3));
    }
    let serve = wrapped.serve().await;
    assert_eq!(serve.count().await, 3);
    let samples = samples(&serve).await;
    assert_eq!((samples.len(), &samples[0]["sender"]), (1, &json!("local")));
    assert_eq!(wrapped.spooled(), 0);
}

#[tokio::test]
async fn a_command_that_serves_others_is_anonymous_in_the_own_store_and_at_a_service_with_a_key() {
    let wrapped = Wrapped::new();
    assert_eq!(wrapped.run(&["--remote"], &FAILS).output().unwrap().status.code(), Some(3));
    let serve = wrapped.serve().await;
    assert_eq!(samples(&serve).await[0]["sender"], json!("anonymous"));

    let (here, mut there) = (Wrapped::new(), Wrapped::new());
    there.place.variables.push(("AUTOHEAL_KEY".to_owned(), "made-up-sender-key".to_owned()));
    let serve = there.serve().await;
    let mut run = here.run(&["--remote", "--url", &format!("http://{}/", serve.address)], &FAILS);
    assert_eq!(run.env("AUTOHEAL_KEY", "made-up-sender-key").output().unwrap().status.code(), Some(3));
    assert_eq!(samples(&serve).await[0]["sender"], json!("anonymous"));
}

#[tokio::test]
async fn what_runs_within_a_command_that_serves_others_is_anonymous_too() {
    let autoheal = env!("CARGO_BIN_EXE_autoheal");
    let in_shell = format!("{autoheal} run -- sh -c 'echo no price >&2; exit 3'");
    let server = r#"read line; echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no price"}}'; cat >&2"#;
    for command in [&[autoheal, "run", "--", FAILS[0], FAILS[1], FAILS[2]][..], &["sh", "-c", &in_shell]] {
        let wrapped = Wrapped::new();
        assert_eq!(wrapped.run(&["--remote"], command).output().unwrap().status.code(), Some(3));
        let senders: Vec<_> = wrapped.recorded().await.into_iter().map(|it| it["sender"].clone()).collect();
        assert!(!senders.is_empty() && senders.iter().all(|it| *it == json!("anonymous")), "{senders:?}");
    }
    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"price\"}}\n";
    for (options, nested) in [(&["--remote"][..], true), (&["--remote"], false)] {
        let wrapped = Wrapped::new();
        let command = if nested {
            wrapped.run(options, &[autoheal, "mcp", "--", "sh", "-c", server])
        } else {
            wrapped.mcp(options, &["sh", "-c", server])
        };
        with_input(command, call);
        assert_eq!(wrapped.only().await["sender"], json!("anonymous"), "nested: {nested}");
    }
    let mut local = Wrapped::new();
    local.place.variables.push(("AUTOHEAL_REMOTE".to_owned(), "false".to_owned()));
    assert_eq!(local.output(&FAILS).status.code(), Some(3));
    assert_eq!(local.only().await["sender"], json!("local"));
}

/// Reads one request of reports and leaves its connection open; returns the number of reports.
async fn reports_of_next_request(listener: &TcpListener) -> (usize, TcpStream) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(reports) = serde_json::from_str::<Vec<serde_json::Value>>(body)
        {
            return (reports.len(), stream);
        }
    }
}

#[tokio::test]
async fn two_runs_at_once_do_not_both_send_the_older_reports() {
    let wrapped = Wrapped::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let run = || tokio::process::Command::from(wrapped.run(&["--url", &url], &FAILS));
    let mut first = run().spawn().unwrap();
    let (reports, first_stream) = reports_of_next_request(&listener).await;
    assert_eq!(reports, 1);
    first.wait().await.unwrap();
    drop(first_stream);
    assert_eq!(wrapped.spooled(), 1);

    let mut second = run().spawn().unwrap();
    let (reports, _second_stream) = reports_of_next_request(&listener).await;
    assert_eq!(reports, 2, "its own, and the older one");
    let mut third = run().spawn().unwrap();
    let (reports, _third_stream) = reports_of_next_request(&listener).await;
    assert_eq!(reports, 1, "its own only, while the second run delivers");
    second.wait().await.unwrap();
    third.wait().await.unwrap();
}

#[tokio::test]
async fn a_response_without_a_receipt_for_each_report_keeps_the_report() {
    let wrapped = Wrapped::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let mut run = tokio::process::Command::from(wrapped.run(&["--url", &url], &FAILS)).spawn().unwrap();
    let (_, mut stream) = reports_of_next_request(&listener).await;
    stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n[]").await.unwrap();
    run.wait().await.unwrap();
    assert_eq!(wrapped.spooled(), 1);
}

#[tokio::test]
async fn the_same_message_of_two_programs_is_two_failures() {
    let wrapped = Wrapped::new();
    let script = wrapped.file("check", "#!/bin/sh\necho no price >&2; exit 3\n");
    let script = script.to_str().unwrap();
    std::process::Command::new("chmod").args(["+x", script]).status().unwrap();
    for command in [&FAILS[..], &[script], &["./check"]] {
        assert_eq!(wrapped.output(command).status.code(), Some(3));
    }
    let serve = wrapped.serve().await;
    assert_eq!((serve.groups().await.len(), serve.count().await), (2, 3));
}

#[tokio::test]
async fn a_service_records_it_as_keyed_if_the_key_is_valid() {
    for (key, sender) in [(None, "anonymous"), (Some("made-up-sender-key"), "keyed")] {
        let (here, mut there) = (Wrapped::new(), Wrapped::new());
        there.place.variables.push(("AUTOHEAL_KEY".to_owned(), "made-up-sender-key".to_owned()));
        let serve = there.serve().await;
        let mut run = here.run(&["--url", &format!("http://{}/", serve.address)], &FAILS);
        run.envs(key.map(|key| ("AUTOHEAL_KEY", key)));
        let output = run.output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(3), b"no price\n".as_slice()));
        let samples = samples(&serve).await;
        assert_eq!((samples.len(), &samples[0]["sender"]), (1, &json!(sender)));
        assert_eq!(here.spooled(), 0);
    }
}

#[tokio::test]
async fn a_wrong_key_is_printed_and_the_report_is_spooled() {
    let (here, mut there) = (Wrapped::new(), Wrapped::new());
    there.place.variables.push(("AUTOHEAL_KEY".to_owned(), "made-up-sender-key".to_owned()));
    let serve = there.serve().await;
    let url = format!("http://{}", serve.address);
    let run = |key: &str| here.run(&["--url", &url], &FAILS).env("AUTOHEAL_KEY", key).output().unwrap();
    let said = String::from_utf8(run("wrong").stderr).unwrap();
    assert!(said.contains("AUTOHEAL_KEY") && said.contains("autoheal: ") && !said.contains("made-up"), "{said}");
    assert_eq!((here.spooled(), serve.count().await), (1, 0));
    run("made-up-sender-key");
    assert_eq!((here.spooled(), serve.count().await), (0, 2));
}

#[tokio::test]
async fn a_report_for_an_unreachable_service_is_sent_next_time() {
    let (here, there) = (Wrapped::new(), Wrapped::new());
    let serve = there.serve().await;
    let address = serve.address.to_string();
    assert_eq!(serve.terminate().await.code(), Some(0));
    let options = ["--url", &format!("http://{address}")];
    for waiting in 1..=2 {
        let output = here.run(&options, &FAILS).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), here.spooled()), (Some(3), waiting));
        assert!(said.starts_with("no price\nautoheal: ") && said.lines().count() == 2, "{said}");
        assert!(said.contains("cannot be reached") && said.contains("spool"), "{said}");
    }
    // the same address as before
    let mut again = crate::place::autoheal();
    again.args(["serve", "--listen", &address, "--rate-limit", "0", "--store"]).arg(there.place.store());
    let serve = there.place.serve_with(again).await;
    let output = here.run(&options, &FAILS).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "no price\n");
    assert_eq!((here.spooled(), serve.count().await), (0, 3));
}

#[tokio::test]
async fn a_running_serve_with_the_same_store_takes_it_from_the_spool() {
    let wrapped = Wrapped::new();
    let serve = wrapped.serve().await;
    let output = wrapped.output(&FAILS);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(3), b"no price\n".as_slice()));
    count_once(&serve, 1).await;
    assert_eq!(samples(&serve).await[0]["sender"], "local");
    assert_eq!(wrapped.spooled(), 0);
}

#[tokio::test]
async fn serve_leaves_reports_for_other_services_in_the_spool() {
    let wrapped = Wrapped::new();
    for url in ["http://127.0.0.1:9", "http://errors.invalid"] {
        assert_eq!(wrapped.run(&["--url", url], &FAILS).output().unwrap().status.code(), Some(3));
    }
    let serve = wrapped.serve().await;
    // taken at once, because the store is its own
    assert_eq!(wrapped.output(&FAILS).status.code(), Some(3));
    count_once(&serve, 1).await;
    assert_eq!(wrapped.spooled(), 2);
}

#[tokio::test]
async fn concurrent_failures_are_each_counted_once() {
    let wrapped = Wrapped::new();
    let children: Vec<_> =
        (0..12).map(|_| wrapped.run(&[], &FAILS).stderr(std::process::Stdio::null()).spawn().unwrap()).collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(3));
    }
    count_once(&wrapped.serve().await, 12).await;
}

#[tokio::test]
async fn without_a_spool_the_exit_code_stays_and_one_line_is_printed() {
    let wrapped = Wrapped::new();
    wrapped.file("data", "a file in place of the directory");
    let output = wrapped.run(&["--url", "http://127.0.0.1:9"], &FAILS).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("autoheal: this failure could not be reported: ") && said.lines().count() == 2, "{said}");
}

#[test]
fn the_spool_is_bounded() {
    let wrapped = Wrapped::new();
    std::fs::create_dir_all(wrapped.spool()).unwrap();
    for at in 0..600 {
        std::fs::write(
            wrapped.spool().join(format!("{at:015}-x.json")),
            "{\"to\":\"http://errors.invalid\",\"report\":{}}",
        )
        .unwrap();
    }
    assert_eq!(wrapped.run(&["--url", "http://127.0.0.1:9"], &FAILS).output().unwrap().status.code(), Some(3));
    assert_eq!(wrapped.spooled(), 500);
    assert!(!wrapped.spool().join("000000000000000-x.json").exists(), "the oldest are dropped");
}

#[test]
fn a_closed_standard_error_does_not_change_the_exit_code() {
    let wrapped = Wrapped::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut run = wrapped.run(&["--url", "http://127.0.0.1:9"], &["sh", "-c", "exit 3"]);
    assert_eq!(run.stdout(std::process::Stdio::null()).stderr(writer).status().unwrap().code(), Some(3));
    assert_eq!(wrapped.spooled(), 1);
}

#[test]
fn other_files_in_the_spool_stay() {
    let wrapped = Wrapped::new();
    std::fs::create_dir_all(wrapped.spool()).unwrap();
    let other = wrapped.spool().join("package.json");
    std::fs::write(&other, "{}").unwrap();
    assert_eq!(wrapped.output(&FAILS).status.code(), Some(3));
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "{}");
}
