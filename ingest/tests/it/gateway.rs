//! `POST /jsonrpc`: one origin in front of an MCP server.

use autoheal_gateway::Origin;
use autoheal_gateway::Upstream;
use autoheal_ingest::Config;
use autoheal_test_support::service::Request;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::app::{TestApp, assert_refused, spawn_app_with};
use crate::wire::{Server, Wire};

/// An MCP server that answers with what it was sent.
async fn mirror(headers: HeaderMap, body: String) -> (StatusCode, axum::Json<Value>) {
    let headers: Vec<String> = headers.keys().map(ToString::to_string).collect();
    (StatusCode::IM_A_TEAPOT, axum::Json(json!({"headers": headers, "body": body})))
}

async fn spawn_gateway() -> TestApp {
    spawn_gateway_with(|_| {}).await
}

async fn spawn_gateway_with(configure: impl FnOnce(&mut Config)) -> TestApp {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", post(mirror))).await });
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
async fn calls_reach_the_server_and_its_answer_comes_back() {
    let app = spawn_gateway().await;
    let request = call()
        .header("accept", "application/json")
        .header("cookie", "operator=secret")
        .header("authorization", "Bearer user");
    let answer = app.send(&request).await;
    assert_eq!(answer.status, 418, "the server's own status");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let seen = answer.json();
    assert_eq!(seen["body"], r#"{"jsonrpc":"2.0","id":"a7","method":"tools/list"}"#);
    let headers = seen["headers"].to_string();
    assert!(
        headers.contains("content-type") && headers.contains("accept") && headers.contains("authorization"),
        "{headers}"
    );
    assert!(!headers.contains("cookie"), "{headers}");
}

#[tokio::test]
async fn pages_of_other_sites_cannot_call_through_us() {
    let app = spawn_gateway().await;
    for origin in ["https://evil.example", "null"] {
        let answer = app.send(&call().header("origin", origin)).await;
        assert_refused(&answer, 403, "forbidden_origin");
        let plain = Request::post("/jsonrpc", "{}").header("content-type", "text/plain").header("origin", origin);
        assert_refused(&app.send(&plain).await, 403, "forbidden_origin");
        let preflight = app.send(&Request::new("OPTIONS", "/jsonrpc").header("origin", origin)).await;
        assert_refused(&preflight, 403, "forbidden_origin");
    }
    let own = app.send(&call().header("origin", &format!("http://{}", app.address))).await;
    assert_eq!(own.status, 418);
}

#[tokio::test]
async fn there_is_no_limit_to_what_passes() {
    let app = spawn_gateway().await;
    let long = " ".repeat(2_000_000);
    let answer = app.send(&Request::post("/jsonrpc", long.clone())).await;
    assert_eq!((answer.status, answer.json()["body"].as_str().unwrap().len()), (418, long.len()));
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error_of_that_very_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let app = spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{address}/"))).await;
    for (id, sent) in [(json!("a7"), r#""a7""#), (json!(12), "12"), (json!(null), "null")] {
        let request = Request::post("/jsonrpc", format!(r#"{{"jsonrpc":"2.0","id":{sent},"method":"ping"}}"#));
        let answer = app.send(&request).await;
        assert_eq!(answer.status, 502);
        let body = answer.json();
        assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &id), "{body}");
        assert!(body["error"]["message"].as_str().unwrap().contains("--upstream") && body["error"]["code"].is_i64());
    }
    assert_eq!(app.send(&Request::post("/jsonrpc", "not json")).await.json()["id"], json!(null));
}

#[tokio::test]
async fn a_page_that_rebinds_its_name_to_ours_cannot_call_through_us() {
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
async fn the_operators_own_token_stays_here() {
    let app = spawn_gateway_with(|config| config.operator_token = Some("made-up-token".to_owned().into())).await;
    // `operator:made-up-token`, as a browser repeats it after it was asked for it.
    for shown in ["Bearer made-up-token", "Basic b3BlcmF0b3I6bWFkZS11cC10b2tlbg=="] {
        let seen = app.send(&call().header("authorization", shown)).await.json();
        assert!(!seen["headers"].to_string().contains("authorization"), "{shown}: {seen}");
    }
}

#[tokio::test]
async fn streams_and_goodbyes_pass_as_calls_do() {
    let server = Server::listen().await;
    let app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp?key=k", server.address)))
            .await;
    let mut client = Wire::open(app.address).await;
    let headers = format!("host: {}\r\nmcp-session-id: s\r\nlast-event-id: 7\r\nmcp-param-region: eu\r\n", app.address);
    client.write(format!("GET /jsonrpc HTTP/1.1\r\n{headers}referer: http://secret\r\ncookie: a=b\r\n\r\n")).await;
    let mut there = server.accept().await;
    let expected = headers.replace(&app.address.to_string(), &server.address.to_string());
    assert_eq!(there.head().await, format!("GET /mcp?key=k HTTP/1.1\r\n{expected}\r\n"));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nmcp-session-id: s\r\nset-cookie: a=b\r\n\r\n";
    there.write(head).await;
    there.write("id: 8\ndata: {}\n\n").await;
    let head = client.head().await;
    assert!(head.contains("mcp-session-id: s") && !head.contains("set-cookie"), "{head}");
    // A link that opens this address shows no page that could act for the dashboard next to it.
    assert!(head.contains("nosniff") && head.contains("content-security-policy: sandbox"), "{head}");
    client.until("data: {}\n\n").await;
    drop(client);
    assert!(there.rest().await.is_empty(), "the server hears that the page left");

    let mut client = Wire::open(app.address).await;
    client.write(format!("DELETE /jsonrpc HTTP/1.1\r\n{headers}\r\n")).await;
    let mut there = server.accept().await;
    assert!(there.head().await.starts_with("DELETE /mcp?key=k HTTP/1.1\r\n"));
    there.write("HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 405 "));
    let metrics = app.get("/metrics").await.text();
    for line in ["{status=\"2xx\"} 1\n", "{status=\"4xx\"} 1\n", "{status=\"5xx\"} 0\n"] {
        assert!(metrics.contains(&format!("autoheal_gateway_requests_total{line}")), "{metrics}");
    }
    assert!(metrics.contains("autoheal_gateway_failures_total 0\n"), "{metrics}");
}

#[tokio::test]
async fn links_of_other_sites_reach_nothing() {
    let app = spawn_gateway().await;
    let link = Request::get("/jsonrpc").header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    assert_refused(&app.send(&link).await, 403, "forbidden_origin");
    let own = Request::get("/jsonrpc").header("sec-fetch-site", "same-origin");
    assert_eq!(app.send(&own).await.status, 405, "the server's own answer");
}

#[tokio::test]
async fn pages_of_allowed_origins_can_speak_all_of_mcp() {
    let app =
        spawn_gateway_with(|config| config.allow_origin = Origin::parse("https://a.example").into_iter().collect())
            .await;
    let asked = Request::new("OPTIONS", "/jsonrpc")
        .header("origin", "https://a.example")
        .header("access-control-request-headers", "mcp-param-region,x-other");
    let answer = app.send(&asked).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("https://a.example")));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST, DELETE, OPTIONS"));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("mcp-session-id") && allowed.contains("mcp-param-region") && !allowed.contains("x-other"));
    let answer = app.send(&call().header("origin", "https://a.example")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (418, Some("https://a.example")));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("mcp-session-id"));
}
