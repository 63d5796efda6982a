//! HTTP+SSE of protocol version 2024-11-05: the client posts to an address that the event stream names, and the responses come on
//! the stream.

use std::net::SocketAddr;
use std::time::Duration;

use autoheal_gateway::Upstream;

use crate::app::spawn_app_with;
use crate::conversation::{EVENTS, assert_report, call, failure, success};
use crate::wire::{Proxy, Server, Wire, framed, in_time, proxy_for};

/// A session: the event stream on both sides of the gateway.
struct Session {
    client: Wire,
    upstream: Wire,
}

impl Session {
    async fn open(gateway: SocketAddr, path: &str, server: &Server, endpoint: &str) -> Self {
        let mut client = Wire::open(gateway).await;
        client.write(format!("GET {path} HTTP/1.1\r\nhost: {gateway}\r\naccept: text/event-stream\r\n\r\n")).await;
        let mut upstream = server.accept().await;
        upstream.head().await;
        upstream.write(format!("HTTP/1.1 200 OK\r\n{EVENTS}\r\nconnection: close\r\n\r\n")).await;
        let mut session = Self { client, upstream };
        session.sends("endpoint", endpoint).await;
        session
    }

    /// Sends an event and waits until the client has received it.
    async fn sends(&mut self, name: &str, data: &str) {
        self.upstream.write(format!("event: {name}\ndata: {data}\n\n")).await;
        self.client.until(&format!("data: {data}\n\n")).await;
    }
}

/// Posts a message, which the server accepts. Returns the status that the client received.
async fn post(gateway: SocketAddr, path: &str, server: &Server, message: &str) -> String {
    let mut client = Wire::open(gateway).await;
    let head = format!("POST {path} HTTP/1.1\r\nhost: {gateway}\r\nconnection: close");
    client.write(framed(&head, message)).await;
    let mut upstream = server.accept().await;
    upstream.until(message).await;
    upstream.write(framed("HTTP/1.1 202 Accepted\r\nconnection: close", "Accepted")).await;
    client.until("\r\n").await
}

async fn begin() -> (Server, Proxy) {
    let server = Server::listen().await;
    let proxy = proxy_for(server.address, &[], |config| config.timeout = Duration::from_secs(60)).await;
    (server, proxy)
}

async fn report(proxy: &mut Proxy) -> serde_json::Value {
    serde_json::to_value(in_time(proxy.reports.recv()).await.unwrap().report).unwrap()
}

#[tokio::test]
async fn a_response_on_the_stream_belongs_to_the_post_of_its_session() {
    for endpoint in ["/message?sessionId=a", "message?sessionId=a", "ABSOLUTE"] {
        let (server, mut proxy) = begin().await;
        let endpoint = endpoint.replace("ABSOLUTE", &format!("http://{}/message?sessionId=a", server.address));
        let mut session = Session::open(proxy.address, "/sse", &server, &endpoint).await;
        let mut other = Session::open(proxy.address, "/sse", &server, "/message?sessionId=b").await;
        // the same id in another session
        let path = "/message?sessionId=b";
        post(proxy.address, path, &server, &call(1, "other")).await;
        post(proxy.address, "/message?sessionId=a", &server, &call(1, "divide")).await;
        session.sends("message", &failure(1, "division by zero")).await;
        let failed = report(&mut proxy).await;
        assert_report(&failed, "divide", "division by zero");
        // one request does not repeat it
        assert!(failed["reproduction"].as_str().unwrap().starts_with('{'), "{failed:#}");
        other.sends("message", &success(1)).await;
        post(proxy.address, path, &server, &call(2, "second")).await;
        other.sends("message", &failure(2, "later")).await;
        assert_report(&report(&mut proxy).await, "second", "later");
    }
}

#[tokio::test]
async fn a_stream_that_ends_leaves_its_calls_without_a_response() {
    let (server, mut proxy) = begin().await;
    let session = Session::open(proxy.address, "/sse", &server, "/message?sessionId=a").await;
    post(proxy.address, "/message?sessionId=a", &server, &call(1, "divide")).await;
    drop(session.upstream);
    assert_report(&report(&mut proxy).await, "divide", "the stream ended without the answer");
    // a client that leaves waits for nothing
    let session = Session::open(proxy.address, "/sse", &server, "/message?sessionId=b").await;
    post(proxy.address, "/message?sessionId=b", &server, &call(1, "unwanted")).await;
    drop(session.client);
    let mut upstream = session.upstream;
    assert!(upstream.rest().await.is_empty());
    let mut last = Session::open(proxy.address, "/sse", &server, "/message?sessionId=c").await;
    post(proxy.address, "/message?sessionId=c", &server, &call(1, "last")).await;
    last.sends("message", &failure(1, "boom")).await;
    assert_report(&report(&mut proxy).await, "last", "boom");
}

/// `serve --upstream`: the stream is at `/jsonrpc`, and clients post to the address that it names.
#[tokio::test]
async fn the_service_forwards_to_the_address_that_a_stream_named() {
    let server = Server::listen().await;
    let mut app = spawn_app_with(|config| {
        config.upstream = Upstream::parse(&format!("http://{}/sse", server.address));
    })
    .await;
    let mut session = Session::open(app.address, "/jsonrpc", &server, "/message?sessionId=a").await;
    let status = post(app.address, "/message?sessionId=a", &server, &call(1, "divide")).await;
    assert!(status.contains("202"), "{status}");
    session.sends("message", &failure(1, "division by zero")).await;
    // another address is none of the server's
    let mut stranger = Wire::open(app.address).await;
    stranger.write(framed(&format!("POST /message?sessionId=b HTTP/1.1\r\nhost: {}", app.address), "{}")).await;
    assert!(stranger.until("\r\n").await.contains("404"));
    // the shutdown stores the remaining reports
    drop(session);
    app.stop();
    in_time(&mut app.running).await.unwrap();
    assert_eq!(app.store.groups("default", 20).await.unwrap().len(), 1);
}
