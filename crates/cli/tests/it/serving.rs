//! `autoheal serve`: start, end, and refusal of a store or port in use.

use std::net::TcpListener;

use autoheal_test_support::service::{Request, exchange};
use serde_json::json;

use crate::place::Place;
use crate::settings::sentence;

#[tokio::test]
async fn sigterm_ends_it_and_reports_are_kept() {
    let place = Place::new();
    let serve = place.serve().await;
    let report = json!({"error_type": "TypeError", "error_message": "price is undefined"});
    assert_eq!(serve.report(&report).await.status, 202);
    assert_eq!(serve.terminate().await.code(), Some(0));
    assert_eq!(place.serve().await.count().await, 1);
}

#[tokio::test]
async fn sigterm_right_after_the_start_ends_it() {
    for _ in 0..5 {
        assert_eq!(Place::new().serve().await.terminate().await.code(), Some(0));
    }
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_the_end() {
    let serve = Place::new().serve().await;
    let mut idle = serve.connect().await;
    idle.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_eq!(idle.response().await.unwrap().status, 200);
    assert_eq!(serve.terminate().await.code(), Some(0));
}

#[tokio::test]
async fn a_second_service_with_the_same_store_is_refused_in_one_line() {
    let place = Place::new();
    let first = place.serve().await;
    let said = sentence(&place.command().output().await.unwrap());
    assert!(said.contains("is in use by another autoheal") && said.contains("--store"), "{said}");
    // A killed process leaves no lock.
    first.kill().await;
    assert_eq!(place.serve().await.terminate().await.code(), Some(0));
}

#[tokio::test]
async fn a_port_in_use_is_refused_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    let mut command = crate::place::autoheal();
    command.args(["serve", "--listen", &address, "--store"]).arg(place.store());
    let said = sentence(&command.output().await.unwrap());
    assert!(said.contains(&format!("cannot listen on {address}")) && said.contains("--listen"), "{said}");
}

#[tokio::test]
async fn a_store_that_cannot_be_created_is_refused_in_one_line() {
    let place = Place::new();
    let file = place.directory.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    let mut command = crate::place::autoheal();
    command.args(["serve", "--listen", "127.0.0.1:0", "--store"]).arg(file.join("store.db"));
    let said = sentence(&command.output().await.unwrap());
    assert!(said.contains("cannot open") && said.contains("check that the directory exists"), "{said}");
}

#[tokio::test]
async fn the_default_store_is_in_the_data_directory() {
    let place = Place::new();
    let mut command = crate::place::autoheal();
    command.args(["serve", "--listen", "127.0.0.1:0"]).env("XDG_DATA_HOME", place.directory.path());
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut output = tokio::io::BufReader::new(child.stdout.take().unwrap());
    tokio::io::AsyncBufReadExt::read_line(&mut output, &mut line).await.unwrap();
    assert!(line.starts_with("listening on ") && place.directory.path().join("autoheal/autoheal.db").exists());
    child.kill().await.unwrap();
}

#[tokio::test]
async fn two_tokens_and_keys_are_valid_at_once_and_guesses_are_logged_without_their_text() {
    let mut place = Place::new();
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    place.variables = vec![
        variable("AUTOHEAL_OPERATOR_TOKEN", "made-up-token-one, made-up-token-two"),
        variable("AUTOHEAL_KEY", "made-up-sender-one made-up-sender-two"),
    ];
    let serve = place.serve().await;
    let get = |token: &str| Request::get("/api/groups").header("authorization", &format!("Bearer {token}"));
    let send = |key: &str| {
        let report = json!({"error_type": "TypeError", "error_message": "m"}).to_string();
        Request::report(report).header("authorization", &format!("Bearer {key}"))
    };
    assert_eq!(serve.get("/api/groups").await.status, 401);
    for token in ["made-up-token-one", "made-up-token-two"] {
        assert_eq!(exchange(serve.address, &get(token)).await.status, 200);
    }
    for key in ["made-up-sender-one", "made-up-sender-two"] {
        assert_eq!(exchange(serve.address, &send(key)).await.status, 202);
    }
    for _ in 0..30 {
        exchange(serve.address, &get("made-up-guess")).await;
        exchange(serve.address, &send("made-up-guess")).await;
    }
    assert_eq!(exchange(serve.address, &get("made-up-token-one")).await.status, 429);
    let log = place.log_text();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("wrong secret")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines.iter().all(|line| line.contains("address=127.0.0.1") && line.contains("count=1")), "{log}");
    assert!(!log.contains("made-up"), "{log}");
}
