//! Security headers of every response, and the separation of the dashboard from pages under `/app/`.

use autoheal_gateway::{Origin, Upstream};
use autoheal_test_support::service::{Request, Response};

use crate::app::{TestApp, assert_refused, report, spawn_app_with};
use crate::wire::{Server, Wire, proxy_for};

/// A service with a page under `/app/`.
async fn with_files() -> TestApp {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("page.html"), "<h1>page</h1>").unwrap();
    let path = directory.path().to_owned();
    let app = spawn_app_with(|config| {
        config.static_dir = Some(path);
        config.allow_origin = Origin::parse("https://shop.example").into_iter().collect();
    });
    let mut app = app.await;
    app.served = Some(directory);
    app
}

#[track_caller]
fn assert_secure(response: &Response, what: &str) {
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert!(response.header("content-security-policy").is_some(), "{what}");
    let caching = response.header("cache-control").unwrap_or_default();
    assert!(
        caching == "no-store" || (what.ends_with("/style.css") && caching.starts_with("max-age=")),
        "{what}: {caching}"
    );
}

#[tokio::test]
async fn every_response_has_them() {
    let app = with_files().await;
    app.report(&report("m")).await;
    for path in [
        "/",
        "/style.css",
        "/api/groups",
        "/api/groups/x",
        "/groups/x",
        "/metrics",
        "/healthz",
        "/readyz",
        "/app",
        "/app/",
        "/app/page.html",
        "/app/absent",
        "/nothing",
        "/report-error",
    ] {
        assert_secure(&app.get(path).await, path);
        assert_secure(&app.send(&Request::new("PUT", path)).await, path);
        assert_secure(&app.send(&Request::new("OPTIONS", path)).await, path);
        // refused
        assert_secure(&app.send(&Request::get(path).header("host", "evil.example")).await, path);
    }
    for body in ["{", "{}", r#"{"error_type": "E", "error_message": "m"}"#] {
        for origin in ["https://shop.example", "https://evil.example"] {
            let response = app.send(&Request::report(body).header("origin", origin)).await;
            assert_secure(&response, body);
            assert_eq!(response.header("cross-origin-resource-policy"), None, "pages of other origins may read it");
        }
    }
    let api = app.get("/api/groups").await;
    assert!(api.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(api.header("cross-origin-resource-policy"), Some("same-origin"));
}

#[tokio::test]
async fn every_refusal_is_json_with_a_code_and_a_message() {
    let app = with_files().await;
    app.report(&report("m")).await;
    let group = "/groups/0123456789abcdef0123456789abcdef/sample";
    for path in
        ["/", "/style.css", "/api/groups", "/api/status", "/metrics", "/healthz", "/readyz", "/report-error", group]
    {
        for method in ["PUT", "PATCH", "TRACE", "PROPFIND"] {
            assert_refused(&app.send(&Request::new(method, path)).await, 405, "method_not_allowed");
        }
    }
    for path in ["/app", "/app/", "/app/page.html", "/app/absent"] {
        for method in ["PUT", "POST", "DELETE", "OPTIONS", "TRACE"] {
            let refused = app.send(&Request::new(method, path)).await;
            assert_refused(&refused, 405, "method_not_allowed");
            assert_secure(&refused, path);
            assert_eq!(refused.header("allow"), Some("GET,HEAD"), "{path}");
        }
    }
    for path in ["/nothing", "/app/absent", "/app/.env", "/api/groups/%ff", "/api", "/groups", "//", "/%00"] {
        assert_refused(&app.get(path).await, 404, "not_found");
    }
    // the only form
    let form = "application/x-www-form-urlencoded";
    for (media, body, status, code) in [
        ("text/plain", "sample=1".to_owned(), 415, "unsupported_media_type"),
        ("application/json", "{}".to_owned(), 415, "unsupported_media_type"),
        (form, String::new(), 422, "invalid_report"),
        (form, "sample=x".to_owned(), 422, "invalid_report"),
        (form, "sample=1&sample=2".to_owned(), 422, "invalid_report"),
        (form, "sample=1".to_owned(), 403, "forbidden_origin"),
        (form, format!("sample=1&x={}", "x".repeat(3_000_000)), 413, "too_large"),
    ] {
        let refused = app.send(&Request::post(group, body).header("content-type", media)).await;
        assert_refused(&refused, status, code);
        assert_secure(&refused, media);
    }
    for query in ["?key=%ff", "?key", "?=", "?&&", "?a=1&a=2", "?%", "?project[]=1"] {
        for path in ["/report-error", "/api/groups", "/"] {
            let response = app.get(&format!("{path}{query}")).await;
            assert!([200, 405].contains(&response.status), "{path}{query}: {}", response.text());
        }
    }
    for line in ["GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT x:1 HTTP/1.1", "GET http://x/nothing HTTP/1.1"] {
        let mut client = Wire::open(app.address).await;
        client.write(format!("{line}\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        let response = String::from_utf8(client.rest().await).unwrap();
        assert!(response.contains("nosniff") && response.contains(r#"{"code":"not_found","message":""#), "{response}");
    }
}

#[tokio::test]
async fn the_gateways_own_responses_are_neither_cached_nor_guessed_at() {
    let server = Server::listen().await;
    let closed = server.address;
    drop(server);
    let proxy = proxy_for(closed, &["https://shop.example"], |_| {}).await;
    let preflight = "OPTIONS /mcp HTTP/1.1\r\norigin: https://shop.example\r\naccess-control-request-method: POST";
    for (request, status) in [
        ("GET /mcp HTTP/1.1", 502),
        ("POST /mcp HTTP/1.1\r\norigin: https://evil.example", 403),
        ("CONNECT x:1 HTTP/1.1", 405),
        (preflight, 204),
    ] {
        let mut client = Wire::open(proxy.address).await;
        client.write(format!("{request}\r\nhost: {}\r\n\r\n", proxy.address)).await;
        let head = client.head().await;
        assert!(
            head.contains(&format!(" {status} ")) && head.contains("nosniff") && head.contains("no-store"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn responses_of_the_mcp_server_are_not_cached() {
    let server = Server::listen().await;
    let app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address))).await;
    let mut client = Wire::open(app.address).await;
    let mut upstream = None;
    for (sent, expected) in [
        ("", "cache-control: no-store\r\n"),
        ("cache-control: public, max-age=600\r\n", "cache-control: no-store\r\n"),
        ("cache-control: no-cache, no-transform\r\n", "cache-control: no-cache, no-transform\r\n"),
        ("cache-control: no-store\r\n", "cache-control: no-store\r\n"),
    ] {
        client.write(format!("GET /jsonrpc HTTP/1.1\r\nhost: {}\r\n\r\n", app.address)).await;
        if upstream.is_none() {
            upstream = Some(server.accept().await);
        }
        let upstream = upstream.as_mut().unwrap();
        upstream.head().await;
        upstream.write(format!("HTTP/1.1 200 OK\r\n{sent}content-length: 0\r\n\r\n")).await;
        let head = client.head().await;
        assert!(head.contains(expected) && head.contains("no-store") && head.contains("nosniff"), "{head}");
        assert_eq!(head.matches("no-store").count(), 1, "{head}");
    }
}

/// The headers of a browser: the site, the mode and the destination of a request.
fn fetch(path: &str, [site, mode, dest]: [&str; 3]) -> Request {
    Request::get(path)
        .header("sec-fetch-site", site)
        .header("sec-fetch-mode", mode)
        .header("sec-fetch-dest", dest)
        .header("accept-language", "en")
}

#[tokio::test]
async fn scripts_and_frames_cannot_read_the_operators_routes() {
    let app = with_files().await;
    let routes = ["/", "/api/groups", "/metrics", "/groups/x", "/api/groups/x", "/style.css"];
    for path in routes {
        for sent in [
            ["same-origin", "cors", "empty"],
            ["same-origin", "same-origin", "empty"],
            ["same-origin", "no-cors", "empty"],
            ["same-origin", "no-cors", "script"],
            ["same-origin", "no-cors", "image"],
            ["same-origin", "no-cors", "object"],
            ["same-origin", "navigate", "iframe"],
            ["same-origin", "navigate", "frame"],
            ["same-origin", "navigate", "object"],
            ["same-origin", "navigate", "embed"],
            ["same-origin", "navigate", "fencedframe"],
            ["same-origin", "websocket", "websocket"],
            ["same-site", "no-cors", "style"],
            ["cross-site", "no-cors", "style"],
            ["cross-site", "cors", "empty"],
            ["cross-site", "navigate", "iframe"],
        ] {
            println!("{path} {sent:?}");
            assert_refused(&app.send(&fetch(path, sent)).await, 403, "forbidden_origin");
        }
        // a person, who may follow a link
        for site in ["none", "same-origin", "cross-site"] {
            let page = app.send(&fetch(path, [site, "navigate", "document"])).await;
            assert_ne!(page.status, 403, "{path}");
            assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        }
    }
    assert_eq!(app.send(&fetch("/style.css", ["same-origin", "no-cors", "style"])).await.status, 200);
    assert_refused(
        &app.send(&fetch("/api/groups", ["same-origin", "no-cors", "style"])).await,
        403,
        "forbidden_origin",
    );
    // the `fetch` of Node
    let node = Request::get("/api/groups").header("sec-fetch-mode", "cors").header("accept-language", "*");
    assert_eq!(app.send(&node).await.status, 200);
    // a window of the same origin and with the same policy would share its group
    let page = app.get("/app/page.html").await;
    assert_eq!((page.status, page.header("cross-origin-opener-policy")), (200, None));
}

#[tokio::test]
async fn pages_under_app_can_still_report_and_call() {
    let app = with_files().await;
    let own = format!("http://{}", app.address);
    for mode in ["cors", "no-cors"] {
        let beacon = Request::post("/report-error", report("m").to_string())
            .header("content-type", "text/plain")
            .header("origin", &own)
            .header("referer", &format!("{own}/app/page.html"))
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", "empty");
        assert_eq!(app.send(&beacon).await.status, 202);
    }
    assert_eq!(app.send(&fetch("/app/page.html", ["same-origin", "cors", "empty"])).await.status, 200);
}

#[tokio::test]
async fn old_browsers_send_the_page_instead() {
    let app = with_files().await;
    for referer in
        ["http://127.0.0.1/app/", "http://127.0.0.1/app/x.html?y", "http://localhost:1/app", "http://x//app/y"]
    {
        for path in ["/", "/api/groups", "/style.css"] {
            assert_refused(&app.send(&Request::get(path).header("referer", referer)).await, 403, "forbidden_origin");
        }
    }
    for referer in ["http://127.0.0.1/", "http://127.0.0.1/groups/x", "http://127.0.0.1/apple"] {
        assert_eq!(app.send(&Request::get("/").header("referer", referer)).await.status, 200);
    }
}

#[tokio::test]
async fn without_tls_a_browser_with_files_of_others_is_refused() {
    let path = std::env::temp_dir();
    let remote = spawn_app_with(|config| {
        config.static_dir = Some(path);
        config.operator_tokens = vec!["made-up-token".to_owned().into()];
    });
    let (remote, without_files) = (
        remote.await,
        spawn_app_with(|config| {
            config.operator_tokens = vec!["made-up-token".to_owned().into()];
        })
        .await,
    );
    let request = |authorization: &str| {
        Request::get("/api/groups").header("host", "192.0.2.7:8787").header("authorization", authorization)
    };
    let browser = request("Basic Om1hZGUtdXAtdG9rZW4=").header("accept-language", "de");
    assert_refused(&remote.send(&browser).await, 403, "forbidden_origin");
    assert_eq!(without_files.send(&browser).await.status, 200);
    for program in
        [request("Basic Om1hZGUtdXAtdG9rZW4="), request("Bearer made-up-token").header("accept-language", "*")]
    {
        assert_eq!(remote.send(&program).await.status, 200);
    }
}
