//! `autoheal mcp --http`: between a client and a server that speaks HTTP.

use std::process::Stdio;

use autoheal_test_support::service::{Connection, Request};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::place::autoheal;
use crate::settings::sentence;
use crate::wrapped::{Wrapped, samples};

const FAILURE: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"division by zero"}],"isError":true}}"#;

/// Fails whatever is asked, on one connection.
async fn fail_everything(listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    while stream.read(&mut buffer).await.unwrap_or(0) > 0 {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
        stream.write_all(format!("{head}: {}\r\n\r\n{FAILURE}", FAILURE.len()).as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn what_fails_is_in_the_store_after_sigterm_and_nobody_is_trusted_for_it() {
    let wrapped = Wrapped::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(fail_everything(listener));
    let mut command = autoheal();
    command.env("AUTOHEAL_STORE", wrapped.place.store()).envs(wrapped.place.variables.iter().cloned());
    command.args(["mcp", "--http", "--listen", "127.0.0.1:0", &upstream]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let address = line.strip_prefix("listening on http://").and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(line.contains(&upstream) && line.contains(&format!("use http://{address}/mcp")), "{line}");

    let mut client = Connection::open(address.parse().unwrap()).await.unwrap();
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide","arguments":{"b":0}}}"#;
    for _ in 0..3 {
        let answer = client.exchange(&Request::post("/mcp", call)).await.unwrap();
        assert_eq!((answer.status, answer.text()), (200, FAILURE.to_owned()));
    }
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));

    let serve = wrapped.serve().await;
    assert_eq!(serve.count().await, 3);
    let samples = samples(&serve).await;
    assert_eq!(samples.len(), 1, "{samples:#?}");
    assert_eq!(samples[0]["sender"], "anonymous", "{:#}", samples[0]);
    assert!(samples[0].to_string().contains("division by zero"), "{:#}", samples[0]);
}

#[tokio::test]
async fn what_cannot_work_is_said_in_a_sentence() {
    for (arguments, said) in [
        (&["--http"][..], "required"),
        (&["--http", "--listen", "localhost:8790", "http://a/"][..], "write it like 127.0.0.1:8790"),
        (&["--http", "http://a/", "--listen", "127.0.0.1:0"][..], "--http takes one URL"),
        (&["--http", "ftp://a/"][..], "is no http:// or https:// URL"),
        (&["--http", "--listen", "127.0.0.1:0", "--allow-origin", "*", "http://a/"][..], "is no origin"),
    ] {
        let mut command = autoheal();
        let output = command.arg("mcp").args(arguments).output().await.unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(said), "{arguments:?}: {text}");
        if output.status.code() != Some(2) {
            sentence(&output);
        }
    }
}
