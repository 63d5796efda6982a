//! `/jsonrpc`: the gateway under the origin of the service.

use autoheal_gateway::{Origin, Upstream};
use autoheal_ingest::Config;
use autoheal_test_support::service::Request;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::app::{TestApp, assert_refused, spawn_app_with};
use crate::wire::{Server, Wire};

/// An MCP server that responds with the request it received.
async fn echo(headers: HeaderMap, body: String) -> (StatusCode, axum::Json<Value>) {
    let headers: Vec<String> = headers.keys().map(ToString::to_string).collect();
    (StatusCode::IM_A_TEAPOT, axum::Json(json!({"headers": headers, "body": body})))
}

async fn spawn_gateway() -> TestApp {
    spawn_gateway_with(|_| {}).await
}

async fn spawn_gateway_with(configure: impl FnOnce(&mut Config)) -> TestApp {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", post(echo))).await });
    let configure = |config: &mut Config| {
        config.upstream = Upstream::parse(&format!("http://{address}/mcp"));
        configure(config);
    };
    spawn_app_with(configure).await
}

fn call() -> Request {
    Request::post("/jsonrpc", r#"{"jsonrpc":"2.0","id":"a7","method":"tools/list"}"#)
        .header("content-type", "application/json")
}

#[tokio::test]
async fn calls_are_forwarded_and_the_response_is_returned() {
    let app = spawn_gateway().await;
    let request = call()
        .header("accept", "application/json")
        .header("cookie", "operator=secret")
        .header("authorization", "Bearer user");
    let response = app.send(&request).await;
    assert_eq!(response.status, 418, "the status of the MCP server");
    assert_eq!(response.header("content-type"), Some("application/json"));
    let received = response.json();
    assert_eq!(received["body"], r#"{"jsonrpc":"2.0","id":"a7","method":"tools/list"}"#);
    let headers = received["headers"].to_string();
    assert!(
        headers.contains("content-type") && headers.contains("accept") && headers.contains("authorization"),
        "{headers}"
    );
    assert!(!headers.contains("cookie"), "{headers}");
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let app = spawn_gateway().await;
    for origin in ["https://evil.example", "null"] {
        let response = app.send(&call().header("origin", origin)).await;
        assert_refused(&response, 403, "forbidden_origin");
        let plain = Request::post("/jsonrpc", "{}").header("content-type", "text/plain").header("origin", origin);
        assert_refused(&app.send(&plain).await, 403, "forbidden_origin");
        let preflight = app.send(&Request::new("OPTIONS", "/jsonrpc").header("origin", origin)).await;
        assert_refused(&preflight, 403, "forbidden_origin");
    }
    let own = app.send(&call().header("origin", &format!("http://{}", app.address))).await;
    assert_eq!(own.status, 418);
}

#[tokio::test]
async fn the_size_of_bodies_is_not_limited() {
    let app = spawn_gateway().await;
    let long = " ".repeat(2_000_000);
    let response = app.send(&Request::post("/jsonrpc", long.clone())).await;
    assert_eq!((response.status, response.json()["body"].as_str().unwrap().len()), (418, long.len()));
}

#[tokio::test]
async fn an_unreachable_server_is_a_json_rpc_error_with_the_id_of_the_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let app = spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{address}/"))).await;
    for (id, sent) in [(json!("a7"), r#""a7""#), (json!(12), "12"), (json!(null), "null")] {
        let request = Request::post("/jsonrpc", format!(r#"{{"jsonrpc":"2.0","id":{sent},"method":"ping"}}"#));
        let response = app.send(&request).await;
        assert_eq!(response.status, 502);
        let body = response.json();
        assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &id), "{body}");
        assert!(body["error"]["message"].as_str().unwrap().contains("--upstream") && body["error"]["code"].is_i64());
    }
    assert_eq!(app.send(&Request::post("/jsonrpc", "not json")).await.json()["id"], json!(null));
}

#[tokio::test]
async fn requests_under_a_rebound_host_name_are_refused() {
    let app = spawn_gateway().await;
    let rebound = call().header("host", "evil.example:8787").header("origin", "http://evil.example:8787");
    assert_refused(&app.send(&rebound).await, 403, "forbidden_origin");
    for host in ["localhost:8787", "127.0.0.1:8787", "192.168.1.5:8787", "[::1]:8787"] {
        assert_eq!(app.send(&call().header("host", host)).await.status, 418, "{host}");
    }
    let public = spawn_gateway_with(|config| config.public_url = Origin::parse("https://shop.example")).await;
    assert_eq!(public.send(&call().header("host", "shop.example")).await.status, 418);
    assert_refused(&public.send(&rebound).await, 403, "forbidden_origin");
}

#[tokio::test]
async fn the_operator_token_is_not_forwarded() {
    let app = spawn_gateway_with(|config| config.operator_tokens = vec!["made-up-token".to_owned().into()]).await;
    // `operator:made-up-token`, as a browser repeats it with every request
    for authorization in ["Bearer made-up-token", "Basic b3BlcmF0b3I6bWFkZS11cC10b2tlbg=="] {
        let received = app.send(&call().header("authorization", authorization)).await.json();
        assert!(!received["headers"].to_string().contains("authorization"), "{authorization}: {received}");
    }
}

#[tokio::test]
async fn event_streams_and_session_deletions_are_forwarded() {
    let server = Server::listen().await;
    let app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp?key=k", server.address)))
            .await;
    let mut client = Wire::open(app.address).await;
    let headers = format!("host: {}\r\nmcp-session-id: s\r\nlast-event-id: 7\r\nmcp-param-region: eu\r\n", app.address);
    client.write(format!("GET /jsonrpc HTTP/1.1\r\n{headers}referer: http://secret\r\ncookie: a=b\r\n\r\n")).await;
    let mut upstream = server.accept().await;
    let expected = headers.replace(&app.address.to_string(), &server.address.to_string());
    assert_eq!(upstream.head().await, format!("GET /mcp?key=k HTTP/1.1\r\n{expected}\r\n"));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nmcp-session-id: s\r\nset-cookie: a=b\r\n\r\n";
    upstream.write(head).await;
    upstream.write("id: 8\ndata: {}\n\n").await;
    let head = client.head().await;
    assert!(head.contains("mcp-session-id: s") && !head.contains("set-cookie"), "{head}");
    // a browser that opens this address as a page must not run scripts with the rights of the dashboard
    assert!(head.contains("nosniff") && head.contains("content-security-policy: sandbox"), "{head}");
    client.until("data: {}\n\n").await;
    drop(client);
    assert!(upstream.rest().await.is_empty(), "the server must be disconnected after the page left");

    let mut client = Wire::open(app.address).await;
    client.write(format!("DELETE /jsonrpc HTTP/1.1\r\n{headers}\r\n")).await;
    let mut upstream = server.accept().await;
    assert!(upstream.head().await.starts_with("DELETE /mcp?key=k HTTP/1.1\r\n"));
    upstream.write("HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 405 "));
    let metrics = app.get("/metrics").await.text();
    for line in ["{status=\"2xx\"} 1\n", "{status=\"4xx\"} 1\n", "{status=\"5xx\"} 0\n"] {
        assert!(metrics.contains(&format!("autoheal_gateway_requests_total{line}")), "{metrics}");
    }
    assert!(metrics.contains("autoheal_gateway_failures_total 0\n"), "{metrics}");
}

#[tokio::test]
async fn links_of_other_sites_are_refused() {
    let app = spawn_gateway().await;
    let link = Request::get("/jsonrpc").header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    assert_refused(&app.send(&link).await, 403, "forbidden_origin");
    let own = Request::get("/jsonrpc").header("sec-fetch-site", "same-origin");
    assert_eq!(app.send(&own).await.status, 405, "the response of the MCP server");
}

#[tokio::test]
async fn pages_of_allowed_origins_may_send_all_headers_of_mcp() {
    let app =
        spawn_gateway_with(|config| config.allow_origin = Origin::parse("https://a.example").into_iter().collect())
            .await;
    let preflight = Request::new("OPTIONS", "/jsonrpc")
        .header("origin", "https://a.example")
        .header("access-control-request-headers", "mcp-param-region,x-other");
    let response = app.send(&preflight).await;
    assert_eq!((response.status, response.header("access-control-allow-origin")), (204, Some("https://a.example")));
    assert_eq!(response.header("access-control-allow-methods"), Some("GET, POST, DELETE, OPTIONS"));
    let allowed = response.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("mcp-session-id") && allowed.contains("mcp-param-region") && !allowed.contains("x-other"));
    let response = app.send(&call().header("origin", "https://a.example")).await;
    assert_eq!((response.status, response.header("access-control-allow-origin")), (418, Some("https://a.example")));
    assert!(response.header("access-control-expose-headers").unwrap().contains("mcp-session-id"));
}
