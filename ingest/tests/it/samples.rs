//! The samples of a group on its page, and the operator's choice among them.

use autoheal_test_support::service::Request;
use serde_json::json;

use crate::app::{TestApp, assert_receipts, assert_refused, spawn_app};

/// Reports one failure twice, with different texts, and returns the path of its page.
async fn two_samples(app: &TestApp) -> String {
    for (id, reproduction) in [(1, "the first text"), (2, "the second text")] {
        let report = json!({
            "error_type": "TypeError", "error_message": format!("row {id} is missing"), "reproduction": reproduction,
            "logs": [reproduction],
        });
        assert_receipts(&app.report(&report).await, &["accepted"]);
    }
    format!("/groups/{}", app.only_group().await["group"]["fingerprint"].as_str().unwrap())
}

/// The sample that is shown, as JSON.
async fn shown_sample(app: &TestApp) -> String {
    app.only_sample().await.to_string()
}

fn choose(path: &str, sample: i64, form: &str) -> Request {
    Request::post(&format!("{path}/sample?project=default"), format!("sample={sample}&form={form}"))
        .header("content-type", "application/x-www-form-urlencoded")
}

/// The secret in the form of a page.
fn form_of(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"form\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_operator_chooses_the_sample_that_is_shown() {
    let app = spawn_app().await;
    let path = two_samples(&app).await;
    let page = app.get(&path).await.text().to_owned();
    assert!(page.contains("Samples") && page.contains("unknown sender"), "{page}");
    assert!(!page.contains("<form"), "the shown sample is on the page");
    let other = app.get(&format!("{path}?project=default&sample=2")).await.text().to_owned();
    assert!(other.contains("the second text") && other.contains("Show this sample in the issue"), "{other}");

    let own = format!("http://{}", app.address);
    let form = form_of(&other);
    let response = app.send(&choose(&path, 2, &form).header("origin", &own)).await;
    assert_eq!((response.status, response.header("location")), (303, Some(&*format!("{path}?project=default"))));
    assert!(shown_sample(&app).await.contains("the second text"));
    let unknown = app.send(&choose(&path, 99, &form).header("origin", &own)).await;
    assert_refused(&unknown, 404, "not_found");
}

#[tokio::test]
async fn a_page_of_another_site_chooses_nothing() {
    let app = spawn_app().await;
    let path = two_samples(&app).await;
    let form = form_of(&app.get(&format!("{path}?project=default&sample=2")).await.text());
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        assert_refused(&app.send(&choose(&path, 2, &form).header("origin", origin)).await, 403, "forbidden_origin");
    }
    assert_refused(&app.send(&choose(&path, 2, &form)).await, 403, "forbidden_origin");
    // a page under `/app/` has the origin of the dashboard, but cannot read the form
    let own = format!("http://{}", app.address);
    for (form, name, value) in [
        ("", "accept", "text/html"),
        ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "accept", "text/html"),
        (form.as_str(), "sec-fetch-site", "same-site"),
        (form.as_str(), "referer", "http://127.0.0.1/app/evil.html"),
    ] {
        let request = choose(&path, 2, form).header("origin", &own).header(name, value);
        assert_refused(&app.send(&request).await, 403, "forbidden_origin");
    }
    assert!(shown_sample(&app).await.contains("the first text"));
}
