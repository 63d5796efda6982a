//! Exchanges that end abnormally: the other side is disconnected or gets an error.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use autoheal_gateway::Upstream;
use serde_json::{Value, json};

use crate::app::spawn_app_with;
use crate::wire::{Server, Wire, framed, in_time, proxy, proxy_for};

#[tokio::test]
async fn the_upstream_is_disconnected_when_the_client_leaves() {
    for response in ["", "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n"] {
        let server = Server::listen().await;
        let proxy = proxy(server.address).await;
        let mut client = Wire::open(proxy.address).await;
        client
            .write(framed("POST /mcp HTTP/1.1\r\nhost: h", r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#))
            .await;
        let mut upstream = server.accept().await;
        upstream.until("tools/call\"}").await;
        upstream.write(response).await;
        if !response.is_empty() {
            client.until("data: 1\n\n").await;
        }
        let disconnected = Instant::now();
        drop(client);
        assert!(upstream.rest().await.is_empty());
        assert!(disconnected.elapsed().as_secs_f64() < 1.0, "after {response:?} it took {:?}", disconnected.elapsed());
        let without_response = proxy.gateway.counters().requests().find(|(class, _)| *class == "none").unwrap().1;
        assert_eq!(without_response, u64::from(response.is_empty()));
    }
}

#[tokio::test]
async fn an_incomplete_response_is_incomplete_for_the_client() {
    for framing in ["transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n", "content-length: 100\r\n\r\ndata: 1\n\n"]
    {
        let server = Server::listen().await;
        let proxy = proxy(server.address).await;
        let mut client = Wire::open(proxy.address).await;
        client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
        let mut upstream = server.accept().await;
        upstream.head().await;
        upstream.write(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{framing}")).await;
        client.until("data: 1\n\n").await;
        drop(upstream);
        let rest = String::from_utf8(client.rest().await).unwrap();
        assert!(!rest.contains("0\r\n\r\n"), "the response looks complete: {rest:?}");
    }
}

/// Sends a request to an upstream that is `down` or disconnects in its response (`broken`). Returns status and body of
/// the gateway's response.
async fn request_without_response(server_is: &str, body: &str) -> (u16, Value) {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let request = framed("POST /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: s", body);
    if server_is == "down" {
        drop(server);
        client.write(request).await;
    } else {
        client.write(request).await;
        let mut upstream = server.accept().await;
        upstream.head().await;
        upstream.exactly(body.len()).await;
        upstream.write("HTTP/1.").await;
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
async fn every_call_without_a_response_gets_an_error_with_its_id() {
    for server_is in ["down", "broken"] {
        for id in ["7", "\"7\"", "9007199254740993", "-1", "\"\\u00e9\"", "null"] {
            let (status, response) =
                request_without_response(server_is, &format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)).await;
            assert_eq!(
                (status, &response["id"]),
                (502, &serde_json::from_str::<Value>(id).unwrap()),
                "{server_is}: {response}"
            );
            assert!(response["error"]["code"].is_i64() && response["jsonrpc"] == "2.0", "{response}");
        }
        let (status, batch) = request_without_response(
            server_is,
            r#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":"x","method":"c"}]"#,
        )
        .await;
        let ids: Vec<&Value> = batch.as_array().unwrap().iter().map(|error| &error["id"]).collect();
        assert_eq!((status, ids), (502, vec![&json!(1), &json!("x")]));
        // far larger than the part of a request that is held until the response
        let long = "x".repeat(300_000);
        let body = format!(r#"{{"params":{{"id":3,"a":"{long}"}},"jsonrpc":"2.0","id":"l","method":"tools/call"}}"#);
        assert_eq!(request_without_response(server_is, &body).await.1["id"], "l");
        let notification =
            request_without_response(server_is, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        assert_eq!(notification.1["id"], Value::Null);
    }
}

/// True if the system sends keepalive probes on a connection. Their timer runs once all sent bytes were acknowledged.
async fn is_probed(local: SocketAddr, remote: SocketAddr) -> bool {
    let in_hex = |address: SocketAddr| match address {
        SocketAddr::V4(v4) => format!("{:08X}:{:04X}", u32::from_ne_bytes(v4.ip().octets()), v4.port()),
        SocketAddr::V6(_) => unreachable!("these tests listen at 127.0.0.1"),
    };
    let ends = format!(" {} {} ", in_hex(local), in_hex(remote));
    in_time(async {
        loop {
            let all = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let line = all.lines().find(|line| line.contains(&ends)).unwrap();
            match line.split_whitespace().nth(5).unwrap().split_once(':').unwrap().0 {
                // sent bytes are not acknowledged yet; there is no event to wait for
                "01" => tokio::time::sleep(Duration::from_millis(5)).await,
                timer => return timer == "02",
            }
        }
    })
    .await
}

#[tokio::test]
async fn connections_have_keepalive_probes() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut upstream = server.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: here\n\n").await;
    client.until(": here\n\n").await;
    assert!(is_probed(proxy.address, client.stream.local_addr().unwrap()).await, "the client");
    assert!(is_probed(upstream.stream.peer_addr().unwrap(), server.address).await, "the server");
    let app = spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/", server.address))).await;
    let page = Wire::open(app.address).await;
    app.get("/healthz").await;
    assert!(is_probed(app.address, page.stream.local_addr().unwrap()).await, "a page");
}

#[tokio::test]
async fn a_repeatable_request_is_repeated_if_the_connection_was_closed() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let success = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let mut upstream = None;
    for method in ["GET", "DELETE", "OPTIONS", "HEAD"] {
        let request = format!("{method} /mcp HTTP/1.1\r\nhost: h\r\n\r\n");
        client.write(&request).await;
        if upstream.is_none() {
            upstream = Some(server.accept().await);
        }
        let mut first = upstream.take().unwrap();
        first.head().await;
        first.write(if method == "HEAD" { "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" } else { success }).await;
        client.head().await;
        if method != "HEAD" {
            client.exactly(2).await;
        }
        // the server reads the next request on the same connection, and closes it instead of responding
        client.write(&request).await;
        first.head().await;
        drop(first);
        let mut second = server.accept().await;
        second.head().await;
        second.write(if method == "HEAD" { "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" } else { success }).await;
        assert!(client.head().await.starts_with("HTTP/1.1 200"), "{method}");
        if method != "HEAD" {
            client.exactly(2).await;
        }
        upstream = Some(second);
    }
    // a call may have been executed already, so it is not repeated
    client.write(framed("POST /mcp HTTP/1.1\r\nhost: h", r#"{"jsonrpc":"2.0","id":5,"method":"tools/call"}"#)).await;
    let mut last = upstream.unwrap();
    last.until("tools/call\"}").await;
    drop(last);
    assert!(client.head().await.starts_with("HTTP/1.1 502"));
}

#[tokio::test]
async fn a_connection_closed_before_is_not_reused() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    for _ in 0..3 {
        client.write(framed("POST /mcp HTTP/1.1\r\nhost: h", r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#)).await;
        let mut upstream = server.accept().await;
        upstream.until("ping\"}").await;
        upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        assert!(client.head().await.starts_with("HTTP/1.1 200"));
        client.exactly(2).await;
        drop(upstream);
        // wait until the gateway has seen the end of the connection; there is no event to wait for
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_response_before_the_end_of_the_request_is_returned() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n{").await;
    let mut upstream = server.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 413 Payload Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await;
    assert!(client.head().await.starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
    assert_eq!(client.exactly(2).await, b"{}");
}

#[tokio::test]
async fn shutdown_finishes_requests_and_closes_event_streams() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let mut stream_client = Wire::open(proxy.address).await;
    stream_client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut stream_upstream = server.accept().await;
    stream_upstream.head().await;
    stream_upstream.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n").await;
    stream_client.until("data: 1\n\n").await;
    client.write(framed("POST /mcp HTTP/1.1\r\nhost: h", "{}")).await;
    let mut upstream = server.accept().await;
    upstream.until("{}").await;
    proxy.stop.send(()).unwrap();
    upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert!(client.head().await.starts_with("HTTP/1.1 200"));
    assert_eq!(client.rest().await, b"{}");
    assert!(stream_upstream.rest().await.is_empty());
    in_time(proxy.running).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(proxy.address).await.is_err(), "the listener is closed");
}

#[tokio::test]
async fn a_client_that_stops_sending_its_request_holds_no_connection_to_the_server() {
    let server = Server::listen().await;
    let proxy = proxy_for(server.address, &[], |config| config.body_timeout = Duration::from_millis(300)).await;
    let mut client = Wire::open(proxy.address).await;
    client.write("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: 99\r\n\r\n{\"jsonrpc\"").await;
    let mut upstream = server.accept().await;
    upstream.until("{\"jsonrpc\"").await;
    let response = String::from_utf8(client.rest().await).unwrap();
    assert!(response.starts_with("HTTP/1.1 408 ") && response.contains("did not arrive"), "{response}");
    assert!(upstream.rest().await.is_empty());
    // one that sends slowly, and one that stops after the response has begun
    let mut client = Wire::open(proxy.address).await;
    client.write("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n").await;
    let mut upstream = server.accept().await;
    for piece in ["1", "2", "3", "4"] {
        client.write(piece).await;
        upstream.until(piece).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{").await;
    client.until("{").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    upstream.write("}").await;
    client.until("}").await;
    assert_eq!(proxy.gateway.counters().failures(), 0);
    assert!(proxy.gateway.last_reports().is_empty(), "the server is not to blame");
}
