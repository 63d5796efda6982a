//! The operator's routes: access from this machine without a proxy, or with the token.

use autoheal_test_support::service::{Request, Response};

use crate::app::{TestApp, assert_refused, spawn_app, spawn_app_with};

const ROUTES: [&str; 6] =
    ["/", "/style.css", "/metrics", "/api/groups", "/groups/0123456789abcdef0123456789abcdef", "/api/groups/x"];

async fn with_token() -> TestApp {
    spawn_app_with(|config| config.operator_token = Some("made-up-token".to_owned().into())).await
}

/// Sends a request under a host name of another machine.
async fn get_remotely(app: &TestApp, authorization: &str) -> Response {
    app.send(&Request::get("/api/groups").header("host", "errors.example").header("authorization", authorization)).await
}

#[tokio::test]
async fn local_requests_are_allowed() {
    let app = spawn_app().await;
    for path in ROUTES {
        assert_ne!(app.get(path).await.status, 401, "{path}");
    }
    for host in ["localhost:8787", "LOCALHOST", "127.0.0.1", "[::1]:80"] {
        assert_eq!(app.send(&Request::get("/api/groups").header("host", host)).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_request_under_a_rebound_host_name_is_refused() {
    let app = spawn_app().await;
    for path in ROUTES {
        for host in
            ["evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example", "", "0.0.0.0"]
        {
            let response = app.send(&Request::get(path).header("host", host)).await;
            assert_refused(&response, 401, "operator_only");
            assert!(response.header("www-authenticate").unwrap().starts_with("Basic "));
        }
    }
}

#[tokio::test]
async fn requests_through_a_proxy_are_refused() {
    let app = spawn_app().await;
    let headers = [
        ("forwarded", "for=127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-server", "proxy"),
        ("X-Forwarded-Prefix", "/errors"),
        ("x-real-ip", "127.0.0.1"),
        ("Via", "1.1 proxy"),
    ];
    for (name, value) in headers {
        println!("{name}");
        assert_refused(&app.send(&Request::get("/").header(name, value)).await, 401, "operator_only");
    }
}

#[tokio::test]
async fn the_token_gives_access_from_anywhere() {
    let app = with_token().await;
    // `any:made-up-token` and `:made-up-token`
    for authorization in
        ["Bearer made-up-token", "bearer made-up-token", "Basic YW55Om1hZGUtdXAtdG9rZW4=", "Basic Om1hZGUtdXAtdG9rZW4="]
    {
        assert_eq!(get_remotely(&app, authorization).await.status, 200, "{authorization}");
    }
    let proxied =
        Request::get("/").header("x-forwarded-for", "203.0.113.1").header("authorization", "Bearer made-up-token");
    assert_eq!(app.send(&proxied).await.status, 200);
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let app = with_token().await;
    // `any:wrong`, `made-up-token:` and invalid Base64
    for authorization in
        ["Bearer wrong", "Bearer ", "Basic YW55Ondyb25n", "Basic bWFkZS11cC10b2tlbjo=", "Basic %", "Digest x", ""]
    {
        let response = get_remotely(&app, authorization).await;
        assert_refused(&response, 401, "operator_only");
        assert!(!response.text().contains("made-up-token"));
    }
}

#[tokio::test]
async fn every_token_is_wrong_if_none_is_configured() {
    let app = spawn_app().await;
    for authorization in ["Bearer ", "Bearer undefined", "Basic Og=="] {
        assert_refused(&get_remotely(&app, authorization).await, 401, "operator_only");
    }
}

#[tokio::test]
async fn public_routes_accept_any_host_name() {
    let app = spawn_app().await;
    for path in ["/healthz", "/readyz"] {
        let request = Request::get(path).header("host", "errors.example").header("x-forwarded-for", "203.0.113.1");
        assert_eq!(app.send(&request).await.status, 200);
    }
}
