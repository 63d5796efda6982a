//! The gateway forwards the same bytes that a direct connection carries.

use crate::wire::{Proxy, Server, Wire, framed, proxy};

/// A client that sent this request, and the upstream's side of the connection.
async fn connected(request: impl AsRef<[u8]>) -> (Wire, Wire, Proxy, Server) {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    client.write(request).await;
    let upstream = server.accept().await;
    (client, upstream, proxy, server)
}

#[tokio::test]
async fn requests_arrive_as_they_were_sent() {
    for method in ["POST", "GET", "DELETE", "OPTIONS", "PUT", "HEAD"] {
        let head = format!(
            "{method} /mcp/a%20b?x=%2F&y HTTP/1.1\r\nx-first: 1\r\nhost: mcp.example\r\naccept: application/json, text/event-stream\r\n\
             mcp-protocol-version: 2026-07-28\r\nmcp-name: =?base64?w6k=?=\r\nx-odd:   a ,b\r\nx-latin: \u{e9}\r\ncookie: a=b\r\n\
             authorization: Bearer t\r\norigin: http://evil.example\r\nx-request-id: 1.2.3.4"
        );
        let request =
            if method == "GET" || method == "HEAD" { format!("{head}\r\n\r\n") } else { framed(&head, "{\"id\":1}") };
        let mut latin: Vec<u8> = request.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let (_client, mut upstream, _proxy, _server) = connected(&latin).await;
        let arrived = upstream.exactly(latin.len() - 2).await;
        // blanks around a header value are not part of it
        let blanks = latin.windows(4).position(|window| window == b":   ").unwrap();
        latin.drain(blanks + 2..blanks + 4);
        assert_eq!(arrived.escape_ascii().to_string(), latin.escape_ascii().to_string());
    }
}

#[tokio::test]
async fn responses_arrive_as_they_were_sent() {
    for response in [
        "HTTP/1.1 200 OK\r\nx-first: 1\r\ncontent-type: application/json\r\nmcp-session-id: s\r\ncontent-length: 2\r\nset-cookie: a=b\r\nset-cookie: c=d\r\nwww-authenticate: Bearer\r\nx-unknown: y\r\n\r\n{}",
        "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nx-a: b\r\n\r\n",
        "HTTP/1.1 299 Very Well\r\ncontent-length: 1\r\n\r\nx",
        "HTTP/1.1 405 Method Not Allowed\r\nallow: POST\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>",
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
    ] {
        let (mut client, mut upstream, _proxy, _server) = connected("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
        upstream.head().await;
        upstream.write(response).await;
        let arrived = client.exactly(response.len()).await;
        assert_eq!(arrived.escape_ascii().to_string(), response.as_bytes().escape_ascii().to_string());
    }
}

#[tokio::test]
async fn responses_without_a_body_keep_their_content_length() {
    for (method, status) in [("HEAD", "200 OK"), ("GET", "304 Not Modified")] {
        let (mut client, mut upstream, _proxy, _server) =
            connected(format!("{method} / HTTP/1.1\r\nhost: h\r\n\r\n")).await;
        assert!(upstream.head().await.starts_with(&format!("{method} /mcp HTTP/1.1\r\n")));
        for _ in 0..2 {
            upstream.write(format!("HTTP/1.1 {status}\r\netag: \"e\"\r\ncontent-length: 512\r\n\r\n")).await;
            let head = client.head().await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\netag: \"e\"\r\n")), "{head}");
            assert!(method != "HEAD" || head.contains("content-length: 512"), "{head}");
            // a second exchange on the same connections shows that neither side waits for a body
            client.write(format!("{method} / HTTP/1.1\r\nhost: h\r\n\r\n")).await;
            upstream.head().await;
        }
    }
}

#[tokio::test]
async fn hop_by_hop_headers_are_removed() {
    let request = "GET /mcp HTTP/1.1\r\nhost: h\r\nconnection: keep-alive, X-Hop\r\nkeep-alive: timeout=9\r\nx-hop: 1\r\nte: trailers\r\n\
                   upgrade: websocket\r\nproxy-authorization: Basic x\r\nx-stays: 1\r\n\r\n";
    let (mut client, mut upstream, _proxy, _server) = connected(request).await;
    assert_eq!(upstream.head().await, "GET /mcp HTTP/1.1\r\nhost: h\r\nx-stays: 1\r\n\r\n");
    upstream.write("HTTP/1.1 200 OK\r\nconnection: keep-alive, x-hop\r\nkeep-alive: timeout=5\r\nx-hop: 1\r\nx-stays: 1\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\nx-stays: 1\r\ncontent-length: 0\r\n\r\n");
    // the connection to the server is reused
    client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    upstream.head().await;
}

#[tokio::test]
async fn claims_about_the_client_are_removed() {
    let request = "GET /mcp HTTP/1.1\r\nhost: h\r\nx-forwarded-for: 127.0.0.1\r\nX-Forwarded-Host: mcp.example\r\nforwarded: for=1\r\n\
                   x-real-ip: 127.0.0.1\r\nCF-Connecting-IP: 127.0.0.1\r\nvia: 1.1 a\r\nmcp-param-ip: 1\r\n\r\n";
    let (_client, mut upstream, _proxy, _server) = connected(request).await;
    assert_eq!(upstream.head().await, "GET /mcp HTTP/1.1\r\nhost: h\r\nmcp-param-ip: 1\r\n\r\n");
}

#[tokio::test]
async fn request_bodies_are_forwarded_piece_by_piece() {
    let (mut client, mut upstream, _proxy, _server) =
        connected("POST /mcp HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"id\r\n").await;
    let head = upstream.head().await;
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert_eq!(upstream.exactly(9).await, b"4\r\n{\"id\r\n");
    client.write("4;ext=1\r\n\":1}\r\n0\r\n\r\n").await;
    assert_eq!(upstream.exactly(14).await, b"4\r\n\":1}\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_client_that_expects_100_continue_receives_it() {
    let (mut client, mut upstream, _proxy, _server) =
        connected("POST /mcp HTTP/1.1\r\nhost: h\r\ncontent-length: 8\r\nexpect: 100-continue\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 100 "));
    client.write("{\"id\":1}").await;
    assert!(upstream.head().await.contains("expect: 100-continue"));
    upstream.write("HTTP/1.1 100 Continue\r\n\r\n").await;
    assert_eq!(upstream.exactly(8).await, b"{\"id\":1}");
    upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
}

#[tokio::test]
async fn compressed_responses_are_not_changed() {
    let (mut client, mut upstream, _proxy, _server) =
        connected("GET /mcp HTTP/1.1\r\nhost: h\r\naccept-encoding: gzip\r\n\r\n").await;
    assert!(upstream.head().await.contains("accept-encoding: gzip"));
    let body = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff, 0x00, b'\r', b'\n'];
    upstream.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 14\r\n\r\n").await;
    upstream.write(body).await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 14\r\n\r\n");
    assert_eq!(client.exactly(14).await, body);
}

#[tokio::test]
async fn an_http_1_0_response_is_accepted() {
    let (mut client, mut upstream, _proxy, _server) = connected("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    upstream.head().await;
    upstream.write("HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{}").await;
    drop(upstream);
    assert!(client.head().await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(client.until("0\r\n\r\n").await, "2\r\n{}\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_content_length_beside_chunks_is_removed() {
    let (mut client, mut upstream, _proxy, _server) = connected("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    upstream.head().await;
    upstream
        .write("HTTP/1.1 200 OK\r\ncontent-length: 20\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    assert_eq!(client.until("0\r\n\r\n").await, "2\r\n{}\r\n0\r\n\r\n");
}

#[tokio::test]
async fn malformed_headers_that_clients_accept_are_accepted() {
    let (mut client, mut upstream, _proxy, _server) = connected("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\nx-long: a\r\n b\r\nx-blank : c\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\nx-long: a b\r\nx-blank: c\r\ncontent-length: 2\r\n\r\n");
}

#[tokio::test]
async fn announced_trailers_are_forwarded() {
    let (mut client, mut upstream, _proxy, _server) = connected(
        "POST /mcp HTTP/1.1\r\nhost: h\r\nte: trailers\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-sum: 1\r\n\r\n",
    )
    .await;
    upstream.until("0\r\nx-sum: 1\r\n\r\n").await;
    upstream
        .write(
            "HTTP/1.1 200 OK\r\ntrailer: x-end\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-end: 2\r\n\r\n",
        )
        .await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\ntrailer: x-end\r\ntransfer-encoding: chunked\r\n\r\n");
    assert_eq!(client.until("x-end: 2\r\n\r\n").await, "2\r\n{}\r\n0\r\nx-end: 2\r\n\r\n");
}

#[tokio::test]
async fn an_unrequested_protocol_switch_is_a_502() {
    let (mut client, mut upstream, _proxy, _server) =
        connected("GET /mcp HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n").await;
    assert!(!upstream.head().await.contains("upgrade"));
    upstream.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 502 "));
    client.until("another protocol").await;
}

#[tokio::test]
async fn the_gateways_own_names_are_replaced_and_others_are_forwarded() {
    let server = Server::listen().await;
    let proxy = proxy(server.address).await;
    let mut client = Wire::open(proxy.address).await;
    let port = proxy.address.port();
    client.write(format!("GET /x HTTP/1.1\r\nhost: localhost:{port}\r\norigin: http://127.0.0.1:{port}\r\n\r\n")).await;
    let mut upstream = server.accept().await;
    let own = format!("host: {0}\r\norigin: http://{0}\r\n", server.address);
    assert_eq!(upstream.head().await, format!("GET /x HTTP/1.1\r\n{own}\r\n"));
    for foreign in [
        format!("host: evil.example:{port}\r\norigin: http://evil.example:{port}\r\n"),
        format!("host: evil.example\r\norigin: https://localhost:{port}\r\n"),
        "host: localhost:1\r\norigin: null\r\n".to_owned(),
    ] {
        upstream.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(client.head().await, "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        client.write(format!("GET /x HTTP/1.1\r\n{foreign}\r\n")).await;
        assert_eq!(upstream.head().await, format!("GET /x HTTP/1.1\r\n{foreign}\r\n"));
    }
}

#[tokio::test]
async fn header_names_are_case_insensitive() {
    let (mut client, mut upstream, _proxy, _server) =
        connected("GET /mcp HTTP/1.1\r\nHost: h\r\nMcp-Session-Id: AbC\r\nX-ODD: Value\r\n\r\n").await;
    assert_eq!(upstream.head().await, "GET /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: AbC\r\nx-odd: Value\r\n\r\n");
    upstream.write("HTTP/1.1 200 OK\r\nMCP-SESSION-ID: AbC\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(client.head().await, "HTTP/1.1 200 OK\r\nmcp-session-id: AbC\r\ncontent-length: 0\r\n\r\n");
}
