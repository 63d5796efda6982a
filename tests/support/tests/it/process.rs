//! The stand-in as a program: it prints its URL and stops on SIGTERM.

use std::process::Stdio;

use axum::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn the_program_prints_its_url_and_stops_on_sigterm() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_github-stand-in"))
        .args(["--listen", "127.0.0.1:0", "--repository", "some/where", "--token", "t"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    let url = first.strip_prefix("listening on ").unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let page = client.get(format!("{url}/_control/state").parse().unwrap()).await.unwrap();
    assert_eq!(page.status(), 200);
    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert!(process.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_wrong_argument_is_a_one_line_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_github-stand-in")).args(["--port", "1"]).output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--port is not an option; see --help"));
    let help = Command::new(env!("CARGO_BIN_EXE_github-stand-in")).arg("--help").output().await.unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).starts_with("Examples:"));
}
