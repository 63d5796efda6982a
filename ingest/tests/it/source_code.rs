//! Lines of the sender's checkout: stored only for a known sender, and only where an issue may show them.

use autoheal_heal::settings::Repository;
use autoheal_test_support::service::Request;
use serde_json::{Value, json};

use crate::app::{TestApp, assert_receipts, spawn_app_with};

/// An app whose issues are in `acme/shop`.
async fn app() -> TestApp {
    spawn_app_with(|config| {
        config.sender_keys = vec!["made-up-key".to_owned().into()];
        config.sending_projects = vec![("default".to_owned(), Repository::parse("acme/shop").unwrap())];
    })
    .await
}

/// A report of a failure in a checkout of this repository.
fn report(repository: &str, any_repository: bool) -> Value {
    let excerpt = json!({"file": "/srv/shop/cart.py", "line": 2, "path": "cart.py", "first_line": 2, "lines": ["x"],
        "state": "committed"});
    json!({"source": "cli", "error_type": "KeyError", "error_message": "'x'",
        "stack_trace": "Traceback (most recent call last):\n  File \"/srv/shop/cart.py\", line 2, in total\nKeyError: 'x'",
        "source_code": {"repository": repository, "any_repository": any_repository, "excerpts": [excerpt]}})
}

#[tokio::test]
async fn lines_are_stored_for_a_known_sender_and_the_repository_of_the_project() {
    for (repository, any_repository, key, expected) in [
        ("github.com/acme/shop", false, true, 1),
        ("github.com/ACME/Shop", false, true, 1),
        ("github.com/acme/shop", false, false, 0),
        ("github.com/ada/shop", false, true, 0),
        ("gitlab.internal/acme/shop", false, true, 0),
        ("github.com/ada/shop", true, true, 1),
        ("github.com/ada/shop", true, false, 0),
    ] {
        let app = app().await;
        let mut request = Request::report(report(repository, any_repository).to_string());
        if key {
            request = request.header("authorization", "Bearer made-up-key");
        }
        assert_receipts(&app.send(&request).await, &["accepted"]);
        let sample = app.only_sample().await;
        let lines = sample["code"].as_array().map_or(0, Vec::len);
        assert_eq!(lines, expected, "{repository} {any_repository} {key}: {sample:#}");
        assert!(sample["report"]["source_code"].is_null(), "{sample:#}");
    }
}
