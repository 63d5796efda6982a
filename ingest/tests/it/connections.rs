//! Many and slow connections: memory is spent on received bytes only, and a full table refuses new connections.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use autoheal_gateway::{ListenOptions, Upstream, serve_connections};
use autoheal_test_support::service::Request;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::app::{spawn_app, spawn_app_with};
use crate::wire::{Server, Wire, proxy};

const PROMISE: &[u8] = b"POST /report-error HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1048576\r\n\r\n";

/// Resident memory of this process, in KiB.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn promised_bodies_take_no_memory() {
    let app = spawn_app().await;
    let before = resident_kib();
    let mut connections = Vec::new();
    for _ in 0..400 {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(PROMISE).await.unwrap();
        connections.push(stream);
    }
    // the service has read all heads once it responds to a request sent after them
    app.report(&json!({"error_type": "E", "error_message": "m"})).await;
    let grown = resident_kib().saturating_sub(before) / 1024;
    assert!(grown < 64, "400 promises of 1 MiB took {grown} MiB");
}

#[tokio::test]
async fn a_full_table_refuses_the_new_connection_and_serves_the_old() {
    let app = spawn_app_with(|config| config.max_connections = 3).await;
    let mut old = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        old.push(stream);
    }
    let mut new = TcpStream::connect(app.address).await.unwrap();
    let mut rest = Vec::new();
    // closed or reset, without a response
    let _reset = new.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "{rest:?}");
    let mut stream = old.pop().unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("HTTP/1.1 200"));
    drop(old);
    let started = Instant::now();
    // the closed connections leave the table
    while app.get("/healthz").await.status != 200 {
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

/// A connection from an address of this machine.
async fn connect_from(address: &str, to: SocketAddr) -> Wire {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    Wire::of(socket.connect(to).await.unwrap())
}

#[tokio::test]
async fn one_address_cannot_hold_the_table_against_another() {
    let app = spawn_app_with(|config| config.max_connections = 4).await;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", app.address);
    let mut of_stranger = Vec::new();
    for begun in ["", "GET /", "POST /report-error HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{", &request] {
        let mut stream = connect_from("127.0.0.1", app.address).await;
        stream.write(begun).await;
        of_stranger.push(stream);
    }
    assert!(of_stranger[3].head().await.contains(" 200 "));
    let mut of_others = Vec::new();
    for _ in 0..2 {
        let mut stream = connect_from("127.0.0.2", app.address).await;
        stream.write(&request).await;
        assert!(stream.head().await.contains(" 200 "));
        of_others.push(stream);
    }
    // those without traffic for the longest time made way
    for mut closed in of_stranger.drain(..2) {
        assert!(closed.rest().await.is_empty());
    }
    // neither address takes more than half from the other one
    for address in ["127.0.0.1", "127.0.0.2"] {
        assert!(connect_from(address, app.address).await.rest().await.is_empty());
    }
    for mut stream in of_others.into_iter().chain(of_stranger.pop()) {
        stream.exactly(3).await;
        stream.write(&request).await;
        assert!(stream.head().await.contains(" 200 "));
    }
}

#[tokio::test]
async fn many_addresses_that_send_nothing_more_shut_out_no_other() {
    let whole = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    for (begun, limit) in [
        ("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n", Duration::from_secs(5)),
        ("", Duration::from_secs(5)),
        (whole, Duration::from_secs(5)),
        ("POST /report-error HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n{", Duration::from_secs(10)),
    ] {
        let app = spawn_app_with(|config| config.max_connections = 8).await;
        let mut of_strangers = Vec::new();
        for last in 1..=8 {
            let mut stream = connect_from(&format!("127.0.1.{last}"), app.address).await;
            stream.write(begun).await;
            if begun == whole {
                assert!(stream.head().await.contains(" 200 "));
                stream.exactly(3).await;
            }
            of_strangers.push(stream);
        }
        let started = Instant::now();
        loop {
            let mut own = connect_from("127.0.0.1", app.address).await;
            own.write(whole).await;
            let response = String::from_utf8(own.some().await).unwrap();
            if response.starts_with("HTTP/1.1 200 ") {
                break;
            }
            assert!(started.elapsed() < limit, "after {:?}: {response:?}", started.elapsed());
        }
        assert!(of_strangers[0].rest().await.is_empty(), "the oldest made way");
    }
}

/// Connects from an address until an old connection of the full table has made way. A connection stays for its first second.
async fn served(app: SocketAddr, from: &str, request: &str) -> Wire {
    loop {
        let mut stream = connect_from(from, app).await;
        stream.write(request).await;
        if stream.some().await.starts_with(b"HTTP/1.1 200 ") {
            return stream;
        }
    }
}

#[tokio::test]
async fn a_request_in_two_pieces_is_answered_while_other_addresses_connect_to_a_full_table() {
    let whole = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let slow = "POST /report-error HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n{";
    for begun in [whole, slow] {
        let app = spawn_app_with(|config| config.max_connections = 8).await;
        let mut of_strangers = Vec::new();
        for last in 1..=8 {
            let mut stream = connect_from(&format!("127.0.1.{last}"), app.address).await;
            stream.write(begun).await;
            if begun == whole {
                assert!(stream.head().await.contains(" 200 "));
            }
            of_strangers.push(stream);
        }
        of_strangers.push(served(app.address, "127.0.3.1", whole).await);
        let mut own = connect_from("127.0.0.1", app.address).await;
        own.write("GET /healthz HTTP/1.1\r\n").await;
        for last in 1..=2 {
            of_strangers.push(served(app.address, &format!("127.0.2.{last}"), whole).await);
        }
        own.write("host: 127.0.0.1\r\n\r\n").await;
        assert!(own.head().await.contains(" 200 "), "{begun:?}");
    }
}

#[tokio::test]
async fn a_head_of_more_than_32_kib_is_answered_431_by_every_entrance() {
    let server = Server::listen().await;
    let upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
    let app = spawn_app_with(|config| config.upstream = upstream).await;
    let proxy = proxy(server.address).await;
    for (address, path) in [(app.address, "/healthz"), (app.address, "/jsonrpc"), (proxy.address, "/mcp")] {
        for kib in [33, 40, 47, 64] {
            let mut client = Wire::open(address).await;
            let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nx-long: {}\r\n\r\n", "x".repeat(kib * 1024));
            // in pieces of several sizes, because a head that is complete at once is bounded elsewhere than its parts
            for piece in head.as_bytes().chunks(kib * 700) {
                client.write(piece).await;
            }
            let response = client.head().await;
            assert!(response.starts_with("HTTP/1.1 431 "), "{path}, {kib} KiB: {response}");
        }
    }
}

#[tokio::test]
async fn a_refused_origin_is_answered_after_its_body_and_costs_no_memory() {
    let app = spawn_app().await;
    let body = format!("[{}]", vec!["{}"; 100_000].join(","));
    let request = Request::post("/report-error", body).header("origin", "https://evil.example");
    assert_eq!(app.send(&request).await.status, 403);
}

#[tokio::test]
async fn slow_heads_and_idle_connections_are_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = ListenOptions {
        max_connections: 10,
        head_timeout: Some(Duration::from_millis(200)),
        shutdown_timeout: Duration::ZERO,
        date_header: false,
    };
    let service_for = |_| {
        hyper::service::service_fn(|_| async {
            Ok::<_, std::convert::Infallible>(axum::response::Response::new(String::new()))
        })
    };
    tokio::spawn(serve_connections(listener, options, service_for, std::future::pending()));
    for head in ["", "POST /jsonrpc HTTP/1.1\r\nhost: x\r\nx-slow: ", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        // ends at the timeout, or the test does not end
        let _reset = stream.read_to_end(&mut response).await;
        assert_eq!(response.starts_with(b"HTTP/1.1 200"), head.ends_with("\r\n\r\n"), "{}", response.escape_ascii());
    }
}
