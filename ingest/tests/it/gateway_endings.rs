//! How exchanges end that do not end well: whoever is left over hears of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use autoheal_gateway::Upstream;
use serde_json::{Value, json};

use crate::app::spawn_app_with;
use crate::wire::{Server, Wire, framed, in_time, proxy};

#[tokio::test]
async fn a_client_that_leaves_is_told_to_the_server() {
    for answered in ["", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n"] {
        let server = Server::listen().await;
        let proxy = proxy(server.address).await;
        let mut client = Wire::open(proxy.address).await;
        client
            .write(framed("POST /mcp HTTP/1.1\r\nhost: h", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#))
            .await;
        let mut there = server.accept().await;
        there.until("tools/call\"}").await;
        there.write(answered).await;
        if !answered.is_empty() {
            client.until("data: 1\n\n").await;
        }
        let left = Instant::now();
        drop(client);
        assert!(there.rest().await.is_empty());
        assert!(left.elapsed().as_secs_f64() < 1.0, "after {answered:?} it took {:?}", left.elapsed());
        let none = proxy.gateway.counters().requests().find(|(class, _)| *class == "none").unwrap().1;
        assert_eq!(none, u64::from(answered.is_empty()));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_breaks_off_for_the_client() {
    for framing in ["transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n", "content-length: 100\r\n\r\ndata: 1\n\n"]
    {
        let server = Server::listen().await;
        let proxy = proxy(server.address).await;
        let mut client = Wire::open(proxy.address).await;
        client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
        let mut there = server.accept().await;
        there.head().await;
        there.write(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{framing}")).await;
        client.until("data: 1\n\n").await;
        drop(there);
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(!rest.contains("0\r\n\r\n"), "it looks whole: {rest:?}");
    }
}

async fn asked_in_vain(server_is: &str, body: &str) -> (u16, Value) {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let request = framed("POST /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: s", body);
    if server_is == "down" {
        drop(server);
        client.write(request).await;
    } else {
        client.write(request).await;
        let mut there = server.accept().await;
        there.head().await;
        there.exactly(body.len()).await;
        there.write("HTTP/1.").await;
    }
    let head = client.head().await;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let body = client.exactly(length).await;
    assert!(head.contains("content-type: application/json"), "{head}");
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains("http://the-server"), "{text}");
    (head[9..12].parse().unwrap(), serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn every_call_that_a_missing_server_owes_is_answered_by_its_id() {
    for server_is in ["down", "broken"] {
        for id in ["7", "\"7\"", "9007199254740993", "-1", "\"\\u00e9\"", "null"] {
            let (status, answer) =
                asked_in_vain(server_is, &format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)).await;
            assert_eq!(
                (status, &answer["id"]),
                (502, &serde_json::from_str::<Value>(id).unwrap()),
                "{server_is}: {answer}"
            );
            assert!(answer["error"]["code"].is_i64() && answer["jsonrpc"] == "2.0", "{answer}");
        }
        let (status, batch) = asked_in_vain(
            server_is,
            r#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":"x","method":"c"}]"#,
        )
        .await;
        let ids: Vec<&Value> = batch.as_array().unwrap().iter().map(|error| &error["id"]).collect();
        assert_eq!((status, ids), (502, vec![&json!(1), &json!("x")]));
        // Far longer than what is kept of it until there is an answer.
        let long = "x".repeat(300_000);
        let body = format!(r#"{{"params":{{"id":3,"a":"{long}"}},"jsonrpc":"2.0","id":"l","method":"tools/call"}}"#);
        assert_eq!(asked_in_vain(server_is, &body).await.1["id"], "l");
        let notification = asked_in_vain(server_is, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        assert_eq!(notification.1["id"], Value::Null);
    }
}

/// Whether the system will find out by itself that the other end of a connection is no more: by the timer of keep-alive
/// probes, which runs once what was sent has arrived.
async fn is_probed(local: SocketAddr, remote: SocketAddr) -> bool {
    let written = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port()),
        SocketAddr::V6(_) => unreachable!("these tests listen at 127.0.0.1"),
    };
    let ends = format!(" {} {} ", written(local), written(remote));
    in_time(async {
        loop {
            let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let line = all.lines().find(|line| line.contains(&ends)).unwrap();
            match line.split_whitespace().nth(5).unwrap().split_once(':').unwrap().0 {
                // sent, and not acknowledged yet; the system tells nobody when it is
                "01" => tokio::time::sleep(Duration::from_millis(5)).await,
                timer => return timer == "02",
            }
        }
    })
    .await
}

#[tokio::test]
async fn peers_that_vanished_without_a_word_are_found_out() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut there = server.accept().await;
    there.head().await;
    there.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: here\n\n").await;
    client.until(": here\n\n").await;
    assert!(is_probed(proxy.address, client.stream.local_addr().unwrap()).await, "the client");
    assert!(is_probed(there.stream.peer_addr().unwrap(), server.address).await, "the server");
    let app = spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/", server.address))).await;
    let page = Wire::open(app.address).await;
    app.get("/healthz").await;
    assert!(is_probed(app.address, page.stream.local_addr().unwrap()).await, "a page");
}

#[tokio::test]
async fn a_connection_closed_in_between_costs_no_request_that_can_be_sent_again() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let fine = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let mut there = None;
    for method in ["GET", "DELETE", "OPTIONS", "HEAD"] {
        let request = format!("{method} /mcp HTTP/1.1\r\nhost: h\r\n\r\n");
        client.write(&request).await;
        if there.is_none() {
            there = Some(server.accept().await);
        }
        let mut first = there.take().unwrap();
        first.head().await;
        first.write(if method == "HEAD" { "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" } else { fine }).await;
        client.head().await;
        if method != "HEAD" {
            client.exactly(2).await;
        }
        // The server takes the next one on the connection that is kept, and closes it instead of answering.
        client.write(&request).await;
        first.head().await;
        drop(first);
        let mut second = server.accept().await;
        second.head().await;
        second.write(if method == "HEAD" { "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" } else { fine }).await;
        assert!(client.head().await.starts_with("HTTP/1.1 200"), "{method}");
        if method != "HEAD" {
            client.exactly(2).await;
        }
        there = Some(second);
    }
    // A call may have been made already: it is not made twice.
    client.write(framed("POST /mcp HTTP/1.1\r\nhost: h", r#"{"jsonrpc":"2.0","id":5,"method":"tools/call"}"#)).await;
    let mut last = there.unwrap();
    last.until("tools/call\"}").await;
    drop(last);
    assert!(client.head().await.starts_with("HTTP/1.1 502"));
}

#[tokio::test]
async fn a_connection_the_server_closed_long_ago_is_not_used() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    for _ in 0..3 {
        client.write(framed("POST /mcp HTTP/1.1\r\nhost: h", r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#)).await;
        let mut there = server.accept().await;
        there.until("ping\"}").await;
        there.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        assert!(client.head().await.starts_with("HTTP/1.1 200"));
        client.exactly(2).await;
        drop(there);
        // The proxy has heard of it by the time its system has.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_a_request_arrives() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n{").await;
    let mut there = server.accept().await;
    there.head().await;
    there.write("HTTP/1.1 413 Payload Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    assert!(client.head().await.starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
    assert_eq!(client.exactly(2).await, b"{}");
}

#[tokio::test]
async fn stopping_finishes_what_ends_and_cuts_what_does_not() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let mut waiting = Wire::open(proxy.address).await;
    waiting.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut news = server.accept().await;
    news.head().await;
    news.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n").await;
    waiting.until("data: 1\n\n").await;
    client.write(framed("POST /mcp HTTP/1.1\r\nhost: h", "{}")).await;
    let mut there = server.accept().await;
    there.until("{}").await;
    proxy.stop.send(()).unwrap();
    there.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
    assert_eq!(client.rest().await, b"{}");
    assert!(news.rest().await.is_empty());
    in_time(proxy.running).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(proxy.address).await.is_err(), "nobody listens any more");
}
