//! The operator's routes: access with the token, or without one from this machine if no proxy is in front.

use autoheal_gateway::{Origin, Upstream};
use autoheal_ingest::ProjectKey;
use autoheal_test_support::service::{Request, Response};

use crate::app::{TestApp, assert_refused, report, spawn_app, spawn_app_with};
use crate::wire::{Server, Wire};

const ROUTES: [&str; 6] =
    ["/", "/style.css", "/metrics", "/api/groups", "/groups/0123456789abcdef0123456789abcdef", "/api/groups/x"];

async fn with_token() -> TestApp {
    spawn_app_with(|config| config.operator_tokens = vec!["made-up-token".to_owned().into()]).await
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
        for host in ["evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0"]
        {
            let response = app.send(&Request::get(path).header("host", host)).await;
            assert_refused(&response, 401, "operator_only");
            assert!(response.header("www-authenticate").unwrap().starts_with("Basic "));
        }
    }
}

/// The headers of proxies, content networks and load balancers.
const PROXY_HEADERS: [(&str, &str); 19] = [
    ("forwarded", "for=127.0.0.1"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-host", "localhost"),
    ("x-forwarded-proto", "https"),
    ("X-Forwarded-Prefix", "/errors"),
    ("x-original-forwarded-for", "127.0.0.1"),
    ("x-real-ip", "127.0.0.1"),
    ("Via", "1.1 proxy"),
    ("CF-Connecting-IP", "127.0.0.1"),
    ("cf-ray", "1-FRA"),
    ("True-Client-IP", "127.0.0.1"),
    ("x-client-ip", "127.0.0.1"),
    ("Fastly-Client-IP", "127.0.0.1"),
    ("x-cluster-client-ip", "127.0.0.1"),
    ("x-envoy-external-address", "127.0.0.1"),
    ("x-azure-clientip", "127.0.0.1"),
    ("x-appengine-user-ip", "127.0.0.1"),
    ("wl-proxy-client-ip", "127.0.0.1"),
    ("cdn-loop", "cloudflare"),
];

#[tokio::test]
async fn a_proxy_closes_the_dashboard_for_requests_without_its_headers_too() {
    for ((name, value), path) in PROXY_HEADERS.into_iter().zip(["/", "/report-error", "/nothing"].into_iter().cycle()) {
        println!("{name} {path}");
        let app = spawn_app().await;
        let proxied = app.send(&Request::get(path).header(name, value)).await;
        assert_eq!(proxied.status == 401, path == "/");
        for path in ROUTES {
            let response = app.get(path).await;
            assert_refused(&response, 401, "operator_only");
            assert!(response.text().contains("set AUTOHEAL_OPERATOR_TOKEN"), "{}", response.text());
        }
    }
}

/// What nginx sends by default for `proxy_pass http://127.0.0.1:8787;`.
fn through_nginx(app: &TestApp, path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\nUser-Agent: x\r\n{more}\r\n", app.address)
}

#[tokio::test]
async fn behind_the_simplest_proxy_the_dashboard_is_closed() {
    for app in [spawn_app().await, with_token().await] {
        for path in ROUTES {
            let mut client = Wire::open(app.address).await;
            client.write(through_nginx(&app, path, "")).await;
            let head = client.head().await;
            assert!(head.contains(" 401 "), "{path}: {head}");
            assert_refused(&app.get(path).await, 401, "operator_only");
        }
    }
    let app = with_token().await;
    let mut client = Wire::open(app.address).await;
    client.write(through_nginx(&app, "/api/groups", "Authorization: Bearer made-up-token\r\n")).await;
    assert!(client.head().await.contains(" 200 "));
}

#[tokio::test]
async fn probes_of_the_health_close_no_dashboard() {
    let app = spawn_app().await;
    for path in ["/healthz", "/readyz", "/healthz?probe=1"] {
        let mut client = Wire::open(app.address).await;
        client.write(through_nginx(&app, path, "Via: 1.1 probe\r\nX-Forwarded-For: 192.0.2.1\r\n")).await;
        assert!(client.head().await.contains(" 200 "), "{path}");
    }
    for path in ROUTES {
        assert_ne!(app.get(path).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn with_a_token_or_a_public_url_this_machine_needs_the_token_too() {
    let public = spawn_app_with(|config| config.public_url = Origin::parse("https://errors.example")).await;
    let local = spawn_app_with(|config| config.public_url = Origin::parse("http://localhost:8080")).await;
    let trusting = spawn_app_with(|config| config.trust_proxy = true).await;
    for app in [public, local, trusting, with_token().await] {
        for path in ROUTES {
            let response = app.get(path).await;
            assert_refused(&response, 401, "operator_only");
            assert!(response.text().contains("AUTOHEAL_OPERATOR_TOKEN"));
        }
    }
}

#[tokio::test]
async fn the_token_gives_access_from_anywhere() {
    let app = with_token().await;
    // `any:made-up-token` and `:made-up-token`
    for authorization in [
        "Bearer made-up-token",
        "bearer made-up-token",
        "Basic YW55Om1hZGUtdXAtdG9rZW4=",
        "basic Om1hZGUtdXAtdG9rZW4=",
        "BASIC  Om1hZGUtdXAtdG9rZW4=",
    ] {
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

#[tokio::test]
async fn two_tokens_are_valid_while_one_replaces_the_other() {
    let app = spawn_app_with(|config| {
        config.operator_tokens = ["made-up-token", "made-up-token-2"].map(|token| token.to_owned().into()).into();
    });
    let app = app.await;
    for token in ["Bearer made-up-token", "Bearer made-up-token-2"] {
        assert_eq!(get_remotely(&app, token).await.status, 200, "{token}");
    }
    assert_refused(&get_remotely(&app, "Bearer made-up-token-3").await, 401, "operator_only");
}

#[tokio::test]
async fn a_client_that_guesses_waits_and_another_one_does_not() {
    let app = spawn_app_with(|config| {
        config.operator_tokens = vec!["made-up-token".to_owned().into()];
        config.sender_keys = vec!["made-up-key".to_owned().into()];
        config.trust_proxy = true;
    });
    let app = app.await;
    let from = |address: &str, request: Request, secret: &str| {
        request.header("x-forwarded-for", address).header("authorization", &format!("Bearer {secret}"))
    };
    let send = || Request::report(report("m").to_string());
    for (request, right, status) in [(Request::get("/api/groups"), "made-up-token", 200), (send(), "made-up-key", 202)]
    {
        for number in 0..10 {
            let guess = from("203.0.113.7", request.clone(), &format!("guess-{number}"));
            assert_eq!(app.send(&guess).await.status, 401);
        }
        for secret in ["guess", right] {
            let refused = app.send(&from("203.0.113.7", request.clone(), secret)).await;
            assert_refused(&refused, 429, "rate_limited");
            let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
        let other = app.send(&from("203.0.113.8", request.clone(), right)).await;
        assert_eq!(other.status, status, "{}", other.text());
    }
    // a request without a secret is no guess
    for _ in 0..20 {
        assert_eq!(app.send(&Request::get("/").header("x-forwarded-for", "203.0.113.9")).await.status, 401);
    }
    assert_eq!(app.send(&from("203.0.113.9", Request::get("/"), "made-up-token")).await.status, 200);
}

#[tokio::test]
async fn the_gateway_does_not_reveal_the_operator_token_to_one_who_guesses() {
    let server = Server::listen().await;
    let app = spawn_app_with(|config| {
        config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
        config.operator_tokens = vec!["made-up-token".to_owned().into()];
    });
    let app = app.await;
    let send = async |authorization: String| {
        let mut client = Wire::open(app.address).await;
        let head = format!("GET /jsonrpc HTTP/1.1\r\nhost: {}\r\nauthorization: {authorization}\r\n\r\n", app.address);
        client.write(head).await;
        client
    };
    // the response, and what the server received
    let forwarded = async |authorization: &str| {
        let mut client = send(authorization.to_owned()).await;
        let mut upstream = server.accept().await;
        let received = upstream.head().await;
        upstream.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
        assert!(client.head().await.contains(" 200 "));
        received
    };
    assert!(!forwarded("Bearer made-up-token").await.contains("authorization"));
    // a token of the server itself, again and again
    for _ in 0..70 {
        assert!(forwarded("Bearer of-the-server").await.contains("Bearer of-the-server"));
    }
    for number in 1..60 {
        assert!(forwarded(&format!("Bearer guess-{number}")).await.contains("Bearer guess-"));
    }
    for secret in ["Bearer guess", "Bearer made-up-token", "Basic Om1hZGUtdXAtdG9rZW4="] {
        let head = send(secret.to_owned()).await.head().await;
        assert!(head.contains(" 429 ") && head.contains("retry-after"), "{head}");
    }
    assert!(forwarded("Bearer of-the-server").await.contains("Bearer of-the-server"));
}

#[tokio::test]
async fn guesses_at_project_keys_are_limited_and_a_page_with_an_old_key_is_not() {
    let app = spawn_app_with(|config| config.project_keys = ProjectKey::parse("pk1=shop").into_iter().collect()).await;
    let send =
        async |key: &str| app.send(&Request::post(&format!("/report-error?key={key}"), report("m").to_string())).await;
    for _ in 0..20 {
        assert_refused(&send("old").await, 401, "unknown_key");
    }
    assert_eq!(send("pk1").await.status, 202);
    for number in 0..9 {
        assert_refused(&send(&format!("guess-{number}")).await, 401, "unknown_key");
    }
    for key in ["guess", "pk1"] {
        assert_refused(&send(key).await, 429, "rate_limited");
    }
}

#[tokio::test]
async fn behind_a_proxy_that_hides_its_clients_one_cannot_lock_out_the_others() {
    let app = with_token().await;
    let guess = Request::get("/").header("x-forwarded-for", "203.0.113.7").header("authorization", "Bearer wrong");
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(app.send(&guess).await.status);
    }
    assert_eq!(statuses[9..], [401, 429, 429]);
    assert_eq!(get_remotely(&app, "Bearer made-up-token").await.status, 200);
}

#[tokio::test]
async fn behind_a_public_url_without_any_sign_of_a_proxy_one_client_cannot_lock_out_the_others() {
    for public in [true, false] {
        let app = spawn_app_with(|config| {
            config.operator_tokens = vec!["made-up-token".to_owned().into()];
            config.sender_keys = vec!["made-up-key".to_owned().into()];
            config.public_url = public.then(|| Origin::parse("https://errors.example").unwrap());
        });
        let app = app.await;
        let bearer = |request: Request, secret: &str| request.header("authorization", &format!("Bearer {secret}"));
        let send = || Request::report(report("m").to_string());
        for (request, right, status) in
            [(Request::get("/api/groups"), "made-up-token", 200), (send(), "made-up-key", 202)]
        {
            let mut wrong = Vec::new();
            for number in 0..12 {
                wrong.push(app.send(&bearer(request.clone(), &format!("guess-{number}"))).await.status);
            }
            assert_eq!(wrong[9..], [401, 429, 429], "guesses are throttled");
            // with the public URL all clients have the address of the proxy; without it, the address is the guesser's
            let expected = if public { status } else { 429 };
            assert_eq!(app.send(&bearer(request, right)).await.status, expected, "public URL: {public}");
        }
    }
}
