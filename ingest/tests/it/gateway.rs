//! `POST /jsonrpc`: one origin in front of an MCP server.

use autoheal_ingest::gateway::Upstream;
use autoheal_ingest::{Config, Origin};
use autoheal_test_support::service::Request;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::app::{TestApp, assert_refused, spawn_app_with};

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
async fn too_much_is_refused_here_already() {
    let app = spawn_gateway().await;
    assert_refused(&app.send(&Request::post("/jsonrpc", " ".repeat(2 * 1024 * 1024))).await, 413, "too_large");
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
