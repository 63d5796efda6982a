//! Health, metrics, static files, and unknown routes.

use autoheal_test_support::service::Request;
use serde_json::{Value, json};

use crate::app::{assert_receipts, assert_refused, report, spawn_app, spawn_app_with};

#[tokio::test]
async fn a_running_service_is_alive_and_ready() {
    let app = spawn_app().await;
    let responses = [app.get("/healthz").await, app.get("/readyz").await];
    assert_eq!(
        responses.map(|response| (response.status, response.text())),
        [(200, "ok\n".into()), (200, "ready\n".into())]
    );
}

#[tokio::test]
async fn a_service_without_its_store_refuses_reports_but_is_alive() {
    let app = spawn_app().await;
    app.store.close().await.unwrap();
    let response = app.report(&report("m")).await;
    assert_refused(&response, 503, "store_unavailable");
    assert_eq!(response.header("retry-after"), Some("5"));
    assert_eq!(app.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn metrics_count_reports_by_outcome() {
    let app = spawn_app_with(|config| config.rate_limits.reports_per_minute = 1).await;
    let mut with_id = report("m");
    with_id["id"] = json!(uuid::Uuid::new_v4().to_string());
    assert_receipts(
        &app.report(&json!([with_id, with_id, 5, report("n")])).await,
        &["accepted", "duplicate", "rejected", "accepted"],
    );
    assert_eq!(app.report(&json!({})).await.status, 422);
    assert_eq!(app.send(&Request::report("{")).await.status, 400);
    // an invalid report costs a token as well: 4 + 1 + 1 of the bucket's 100 are used
    assert_receipts(&app.report(&Value::Array(vec![report("m"); 94])).await, &["accepted"; 94]);
    assert_eq!(app.report(&report("m")).await.status, 429);
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = metrics.text();
    for line in [
        "autoheal_reports_total{status=\"accepted\"} 96\n",
        "autoheal_reports_total{status=\"duplicate\"} 1\n",
        "autoheal_reports_total{status=\"rejected\"} 1\n",
        "autoheal_refusals_total{reason=\"rate_limited\"} 1\n",
        "autoheal_refusals_total{reason=\"store_unavailable\"} 0\n",
        "autoheal_refusals_total{reason=\"other\"} 2\n",
        "autoheal_store_ready 1\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(text.lines().all(|line| line.starts_with('#') || line.split(' ').count() == 2), "{text}");
}

#[tokio::test]
async fn an_unknown_route_is_a_404_in_json() {
    let app = spawn_app().await;
    for path in ["/nothing", "/report-error/", "/api", "/app/", "/jsonrpc", "/..%2f..%2fetc/passwd", "/%ff"] {
        println!("{path}");
        assert_refused(&app.get(path).await, 404, "not_found");
    }
    assert_refused(&app.send(&Request::post("/jsonrpc", "{}")).await, 404, "not_found");
}

#[tokio::test]
async fn a_wrong_method_is_a_405_in_json() {
    let app = spawn_app().await;
    let wrong = [
        ("GET", "/report-error"),
        ("PUT", "/report-error"),
        ("POST", "/healthz"),
        ("DELETE", "/api/groups"),
        ("POST", "/"),
    ];
    for (method, path) in wrong {
        println!("{method} {path}");
        assert_refused(&app.send(&Request::new(method, path)).await, 405, "method_not_allowed");
    }
}

#[tokio::test]
async fn static_files_have_a_content_security_policy_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("demo.html"), "<h1>demo</h1>").unwrap();
    std::fs::write(directory.path().join("index.html"), "<h1>index</h1>").unwrap();
    std::fs::write(directory.path().join("client.wasm"), b"\0asm").unwrap();
    let path = directory.path().to_owned();
    let app = spawn_app_with(|config| config.static_dir = Some(path)).await;
    for (path, kind) in
        [("/app/demo.html", "text/html"), ("/app/", "text/html"), ("/app/client.wasm", "application/wasm")]
    {
        let response = app.get(path).await;
        assert_eq!(response.status, 200, "{path}");
        assert!(response.header("content-type").unwrap().starts_with(kind), "{path}");
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.contains("'wasm-unsafe-eval'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    assert_eq!(app.get("/app").await.header("location"), Some("/app/"));
    // static files are public, under any host name
    let elsewhere = app.send(&Request::get("/app/demo.html").header("host", "errors.example")).await;
    assert_eq!((elsewhere.status, elsewhere.text()), (200, "<h1>demo</h1>".to_owned()));
    for path in ["/app/absent.js", "/app/../store.db", "/app/%2e%2e/store.db", "/app/..%2fstore.db"] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}
