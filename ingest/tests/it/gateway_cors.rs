//! CORS of the gateway as a server of its own: only with `allow_origin`, and only for these origins.

use axum::http::HeaderMap;

use crate::wire::{Proxy, Server, Wire, proxy_for};

const ALLOWED: &str = "https://a.example";

async fn proxy_with_allowed_origins(server: &Server) -> Proxy {
    proxy_for(server.address, &[ALLOWED, "http://localhost:5173"], |_| {}).await
}

fn headers(head: &str) -> HeaderMap {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<Vec<_>>().into_iter().fold(
        HeaderMap::new(),
        |mut headers, (name, value): (axum::http::HeaderName, axum::http::HeaderValue)| {
            headers.append(name, value);
            headers
        },
    )
}

async fn read_response(client: &mut Wire) -> (String, HeaderMap) {
    let head = client.head().await;
    let headers = headers(&head);
    let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    client.exactly(length).await;
    (head[9..12].to_owned(), headers)
}

#[tokio::test]
async fn the_gateway_responds_to_preflights() {
    let server = Server::listen().await;
    let proxy = proxy_with_allowed_origins(&server).await;
    let mut client = Wire::open(proxy.address).await;
    for origin in [ALLOWED, "http://localhost:5173"] {
        let requested = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,mcp-param-Region, x-other,Mcp-Param-B\r\n";
        client.write(format!("OPTIONS /mcp HTTP/1.1\r\nhost: h\r\nOrigin: {origin}\r\n{requested}\r\n")).await;
        let (status, headers) = read_response(&mut client).await;
        assert_eq!(status, "204");
        assert_eq!(headers["access-control-allow-origin"], origin);
        assert_eq!(headers["access-control-allow-methods"], "GET, POST, DELETE, OPTIONS");
        assert_eq!(
            headers["access-control-allow-headers"],
            "content-type, accept, authorization, mcp-session-id, mcp-protocol-version, last-event-id, mcp-method, mcp-name, traceparent, mcp-param-Region, Mcp-Param-B"
        );
        assert_eq!(headers["vary"], "origin");
    }
}

#[tokio::test]
async fn other_pages_are_refused_and_programs_are_not() {
    let server = Server::listen().await;
    let proxy = proxy_with_allowed_origins(&server).await;
    let mut client = Wire::open(proxy.address).await;
    for origin in
        ["https://evil.example", "null", "https://a.example.evil.example", "http://a.example", "https://a.example:444"]
    {
        for method in ["OPTIONS", "POST", "GET", "DELETE"] {
            client.write(format!("{method} /mcp HTTP/1.1\r\nhost: h\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\r\n")).await;
            let (status, headers) = read_response(&mut client).await;
            assert_eq!(status, "403", "{method} {origin}");
            assert!(!headers.contains_key("access-control-allow-origin"), "{method} {origin}");
            assert_eq!(headers["vary"], "origin");
        }
    }
    client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let mut upstream = server.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\nVary: Accept\r\ncontent-length: 0\r\n\r\n").await;
    let (status, headers) = read_response(&mut client).await;
    assert_eq!(status, "200");
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert_eq!(headers.get_all("vary").iter().collect::<Vec<_>>(), ["Accept", "origin"]);
}

#[tokio::test]
async fn an_allowed_page_may_read_every_response_and_the_upstream_receives_its_own_origin() {
    let server = Server::listen().await;
    let proxy = proxy_with_allowed_origins(&server).await;
    let mut client = Wire::open(proxy.address).await;
    let own = format!("http://{}", proxy.address);
    let mut upstream = None;
    for (origin, status) in
        [(ALLOWED, "200 OK"), (own.as_str(), "200 OK"), (ALLOWED, "401 Unauthorized"), (ALLOWED, "500 No")]
    {
        client.write(format!("GET /mcp HTTP/1.1\r\nhost: h\r\nOrigin: {origin}\r\n\r\n")).await;
        if upstream.is_none() {
            upstream = Some(server.accept().await);
        }
        let upstream = upstream.as_mut().unwrap();
        let head = upstream.head().await;
        assert!(head.contains(&format!("origin: http://{}\r\n", server.address)), "{head}");
        upstream.write(format!("HTTP/1.1 {status}\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\ncontent-length: 0\r\n\r\n")).await;
        let (_, headers) = read_response(&mut client).await;
        assert_eq!(headers.get_all("access-control-allow-origin").iter().collect::<Vec<_>>(), [origin]);
        assert_eq!(
            headers["access-control-expose-headers"],
            "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after"
        );
        assert!(!headers.contains_key("access-control-allow-credentials"));
    }
    drop((server, upstream));
    client.write(format!("GET /mcp HTTP/1.1\r\nhost: h\r\nOrigin: {ALLOWED}\r\n\r\n")).await;
    let (status, headers) = read_response(&mut client).await;
    assert_eq!((status.as_str(), &headers["access-control-allow-origin"]), ("502", &ALLOWED.parse().unwrap()));
}

#[tokio::test]
async fn without_allowed_origins_the_upstream_decides() {
    let server = Server::listen().await;
    let proxy = proxy_for(server.address, &[], |_| {}).await;
    let mut client = Wire::open(proxy.address).await;
    let preflight =
        "OPTIONS /mcp HTTP/1.1\r\nhost: h\r\norigin: https://a.example\r\naccess-control-request-method: POST\r\n\r\n";
    client.write(preflight).await;
    let mut upstream = server.accept().await;
    assert_eq!(upstream.head().await, preflight);
    let response = "HTTP/1.1 204 No Content\r\naccess-control-allow-origin: *\r\n\r\n";
    upstream.write(response).await;
    assert_eq!(client.head().await, response);
}

#[tokio::test]
async fn a_page_under_a_rebound_host_name_is_refused() {
    let server = Server::listen().await;
    let proxy = proxy_with_allowed_origins(&server).await;
    let mut client = Wire::open(proxy.address).await;
    let language = "accept-language: en";
    for browser in [
        "sec-fetch-site: same-origin\r\nsec-fetch-mode: cors\r\nsec-fetch-dest: empty",
        "sec-fetch-site: none\r\nsec-fetch-mode: navigate",
        // under a name without TLS, a browser sends no `Sec-Fetch-Site`
        language,
        "referer: http://evil.example:8790/",
    ] {
        for host in ["evil.example:8790", "127.0.0.1.evil.example"] {
            client.write(format!("GET /mcp HTTP/1.1\r\nhost: {host}\r\n{browser}\r\n\r\n")).await;
            let (status, headers) = read_response(&mut client).await;
            assert_eq!(status, "403", "{host} {browser}");
            assert!(!headers.contains_key("access-control-allow-origin"));
        }
    }
    // own names, allowed ones, and programs
    let node = "accept-language: *\r\nsec-fetch-mode: cors";
    let own = proxy.address.to_string();
    let mut upstream = None;
    for (host, headers) in [
        (own.as_str(), language),
        ("a.example", language),
        ("localhost:5173", language),
        ("gateway:8790", node),
        ("gateway:8790", "x: y"),
    ] {
        client.write(format!("GET /mcp HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n\r\n")).await;
        if upstream.is_none() {
            upstream = Some(server.accept().await);
        }
        let upstream = upstream.as_mut().unwrap();
        upstream.head().await;
        upstream.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(read_response(&mut client).await.0, "200", "{host} {headers}");
    }
}
