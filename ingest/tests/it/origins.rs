//! Origins: pages of the service and of allowed origins may send; others get a refusal that the page can read.

use autoheal_gateway::Origin;
use autoheal_ingest::Config;
use autoheal_test_support::service::{Request, Response};

use crate::app::{TestApp, assert_receipts, assert_refused, report, spawn_app, spawn_app_with};

async fn report_from(app: &TestApp, origin: &str, content_type: &str) -> Response {
    let request = Request::post("/report-error", report("m").to_string());
    app.send(&request.header("origin", origin).header("content-type", content_type)).await
}

fn allow_shop(config: &mut Config) {
    config.allow_origin = vec![Origin::parse("https://shop.example").unwrap()];
}

#[track_caller]
fn assert_readable(response: &Response, origin: &str) {
    assert_eq!(response.header("access-control-allow-origin"), Some(origin));
    assert_eq!(response.header("access-control-expose-headers"), Some("retry-after"));
    assert_eq!(response.header("vary"), Some("origin"));
    assert_eq!(response.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn other_origins_and_null_are_refused_also_for_plain_text() {
    let app = spawn_app().await;
    for origin in
        ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "https://127.0.0.1.evil.example", "x"]
    {
        for content_type in ["application/json", "text/plain"] {
            println!("{origin} {content_type}");
            let response = report_from(&app, origin, content_type).await;
            assert_refused(&response, 403, "forbidden_origin");
            assert_readable(&response, origin);
        }
    }
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn pages_of_the_service_may_send_under_its_own_names() {
    let app = spawn_app().await;
    assert_receipts(&report_from(&app, &format!("http://{}", app.address), "text/plain").await, &["accepted"]);
    for (host, origin) in [("localhost:8787", "http://localhost:8787"), ("192.0.2.7:8787", "https://192.0.2.7:8787")] {
        let request = Request::report(report("m").to_string()).header("host", host).header("origin", origin);
        assert_receipts(&app.send(&request).await, &["accepted"]);
    }
    let other =
        Request::report(report("m").to_string()).header("host", "localhost").header("origin", "http://localhost:81");
    assert_refused(&app.send(&other).await, 403, "forbidden_origin");
    assert_eq!(app.count().await, 3);
}

#[tokio::test]
async fn a_page_under_a_rebound_host_name_is_refused() {
    let app = spawn_app_with(allow_shop).await;
    let from = |host: &str| Request::report(report("m").to_string()).header("host", host);
    for host in ["evil.example:8787", "evil.example", "localhost.evil.example", "autoheal:8787"] {
        for scheme in ["http", "https"] {
            let origin = format!("{scheme}://{host}");
            assert_refused(&app.send(&from(host).header("origin", &origin)).await, 403, "forbidden_origin");
            let preflight = Request::new("OPTIONS", "/report-error").header("host", host).header("origin", &origin);
            assert_refused(&app.send(&preflight).await, 403, "forbidden_origin");
        }
    }
    assert_eq!(app.count().await, 0);
    // a program uses the name of a container or a machine, and has no origin
    for host in ["autoheal:8787", "build-7.lan"] {
        assert_receipts(&app.send(&from(host)).await, &["accepted"]);
    }
    // no other site can have an allowed origin
    assert_receipts(&app.send(&from("errors.example").header("origin", "https://shop.example")).await, &["accepted"]);
}

#[tokio::test]
async fn only_the_public_url_is_the_own_origin_if_configured() {
    let app = spawn_app_with(|config| config.public_url = Origin::parse("https://errors.example/")).await;
    assert_receipts(&report_from(&app, "https://errors.example", "application/json").await, &["accepted"]);
    let by_host = report_from(&app, &format!("http://{}", app.address), "application/json").await;
    assert_refused(&by_host, 403, "forbidden_origin");
}

#[tokio::test]
async fn an_allowed_page_can_read_every_response() {
    let app = spawn_app_with(allow_shop).await;
    let shop = "https://shop.example";
    let accepted = report_from(&app, shop, "application/json").await;
    assert_receipts(&accepted, &["accepted"]);
    assert_readable(&accepted, shop);
    let post = |body: &str| Request::report(body).header("origin", shop);
    let refusals = [
        (post("{"), 400),
        (post("{}"), 422),
        (post(&" ".repeat(2 * 1024 * 1024)), 413),
        (post("{}").header("authorization", "Bearer wrong"), 401),
        (Request::post("/report-error", "{}").header("origin", shop).header("content-type", "a/b"), 415),
    ];
    for (request, status) in refusals {
        let response = app.send(&request).await;
        assert_eq!(response.status, status);
        assert_readable(&response, shop);
    }
}

#[tokio::test]
async fn a_program_without_an_origin_may_send() {
    let app = spawn_app().await;
    let response = app.report(&report("m")).await;
    assert_receipts(&response, &["accepted"]);
    assert_eq!(response.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn preflights_succeed_for_allowed_origins_only() {
    let app = spawn_app_with(allow_shop).await;
    let preflight = |origin: &str| {
        let request = Request::new("OPTIONS", "/report-error").header("origin", origin);
        request.header("access-control-request-method", "POST").header("access-control-request-headers", "content-type")
    };
    let allowed = app.send(&preflight("https://shop.example")).await;
    assert_eq!(allowed.status, 204);
    assert_readable(&allowed, "https://shop.example");
    assert_eq!(allowed.header("access-control-allow-methods"), Some("POST"));
    assert!(allowed.header("access-control-allow-headers").unwrap().contains("content-type"));
    assert_eq!(allowed.header("access-control-max-age"), Some("7200"));
    for origin in ["https://evil.example", "null"] {
        assert_refused(&app.send(&preflight(origin)).await, 403, "forbidden_origin");
    }
}
