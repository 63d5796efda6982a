//! The rate limit per client: refusals name the time to wait, and a header cannot evade the limit.

use autoheal_test_support::service::{Request, Response};
use serde_json::Value;

use crate::app::{TestApp, assert_receipts, assert_refused, report, spawn_app_with};

/// Sends a batch of a hundred, which uses all tokens of a client.
async fn use_all_tokens(app: &TestApp, forwarded: Option<&str>) -> Response {
    send(app, 100, forwarded).await
}

async fn send(app: &TestApp, reports: usize, forwarded: Option<&str>) -> Response {
    let request = Request::report(Value::Array(vec![report("m"); reports]).to_string());
    match forwarded {
        Some(forwarded) => app.send(&request.header("x-forwarded-for", forwarded)).await,
        None => app.send(&request).await,
    }
}

#[tokio::test]
async fn too_many_reports_are_refused_with_the_time_to_wait() {
    let app = spawn_app_with(|config| config.rate_limits.reports_per_minute = 1).await;
    assert_receipts(&use_all_tokens(&app, None).await, &["accepted"; 100]);
    let own = format!("http://{}", app.address);
    let response = app.send(&Request::report(report("m").to_string()).header("origin", &own)).await;
    assert_refused(&response, 429, "rate_limited");
    let seconds: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(response.header("access-control-expose-headers"), Some("retry-after"));
    assert_eq!(response.header("access-control-allow-origin"), Some(own.as_str()));
    assert_eq!(app.count().await, 100);
}

#[tokio::test]
async fn a_forged_address_does_not_evade_the_limit() {
    let app = spawn_app_with(|config| config.rate_limits.reports_per_minute = 1).await;
    assert_receipts(&use_all_tokens(&app, Some("203.0.113.1")).await, &["accepted"; 100]);
    for forged in ["203.0.113.2", "10.0.0.1, 10.0.0.2", "::1", "nonsense"] {
        assert_refused(&send(&app, 1, Some(forged)).await, 429, "rate_limited");
    }
    let request = Request::report(report("m").to_string())
        .header("forwarded", "for=203.0.113.9")
        .header("x-real-ip", "203.0.113.9");
    assert_refused(&app.send(&request).await, 429, "rate_limited");
    // read from the store, because the dashboard is closed once a proxy was seen
    assert_eq!(app.store.groups("default", 10).await.unwrap()[0].count, 100);
}

#[tokio::test]
async fn behind_a_trusted_proxy_only_the_last_address_counts() {
    let app = spawn_app_with(|config| {
        (config.rate_limits.reports_per_minute, config.trust_proxy) = (1, true);
        config.operator_tokens = vec!["made-up-token".to_owned().into()];
    });
    let app = app.await;
    assert_receipts(&use_all_tokens(&app, Some("203.0.113.1")).await, &["accepted"; 100]);
    for forged in ["198.51.100.7, 203.0.113.1", "203.0.113.1", "x,203.0.113.1 ", "203.0.113.1:4711"] {
        assert_refused(&send(&app, 1, Some(forged)).await, 429, "rate_limited");
    }
    // two header lines form one list
    let request = Request::report(report("m").to_string());
    let request = request.header("x-forwarded-for", "198.51.100.8").header("x-forwarded-for", "203.0.113.1");
    assert_refused(&app.send(&request).await, 429, "rate_limited");
    assert_receipts(&send(&app, 1, Some("203.0.113.1, 203.0.113.2")).await, &["accepted"]);
    // behind a proxy a local peer proves nothing, so the operator needs the token
    assert_refused(&app.get("/api/groups").await, 401, "operator_only");
    let groups = app.send(&Request::get("/api/groups").header("authorization", "Bearer made-up-token")).await.json();
    assert_eq!(groups["groups"][0]["count"], 101);
}

#[tokio::test]
async fn keyed_senders_and_a_limit_of_zero_are_not_limited() {
    let app = spawn_app_with(|config| {
        config.rate_limits.reports_per_minute = 1;
        config.sender_keys = vec!["made-up-key".to_owned().into()];
    });
    let app = app.await;
    assert_receipts(&use_all_tokens(&app, None).await, &["accepted"; 100]);
    let keyed = Request::report(report("m").to_string()).header("authorization", "Bearer made-up-key");
    assert_receipts(&app.send(&keyed).await, &["accepted"]);

    let unlimited = spawn_app_with(|config| config.rate_limits.reports_per_minute = 0).await;
    for _ in 0..3 {
        assert_receipts(&use_all_tokens(&unlimited, None).await, &["accepted"; 100]);
    }
    assert_eq!(unlimited.count().await, 300);
}

/// A hundred reports of one failure, from one of many clients.
async fn send_failure(app: &TestApp, client: u32, members: &str) -> Response {
    let reports = vec![format!("{{\"error_type\":\"E\",{members}}}"); 100];
    let request = Request::report(format!("[{}]", reports.join(",")));
    app.send(&request.header("x-forwarded-for", &format!("203.0.113.{client}"))).await
}

/// Uses the tokens that came back while the others were used, on a slow machine, and returns their number.
async fn use_returned_tokens(app: &TestApp, members: &str) -> u64 {
    let response = send_failure(app, 10, members).await.json();
    let receipts = response.as_array().unwrap().iter();
    receipts.filter(|receipt| receipt["status"] == "accepted").count() as u64
}

#[tokio::test]
async fn one_failure_of_many_clients_is_limited_however_its_members_are_written() {
    // the second one counts where a member is there twice, so that all of these are one failure
    for members in [
        r#""error_message":"no price""#,
        r#""error_message":"a","error_message":"no price""#,
        r#""error_message":"no price","error_message":"no price""#,
        r#""error_message":7,"error_message":"no price""#,
        r#""error_type":"E","error_message":"no price""#,
        r#""error\u005fmessage":"no price""#,
        r#""error_message":"a","error\u005fmessage":"no price""#,
    ] {
        println!("{members}");
        let app = spawn_app_with(|config| {
            (config.rate_limits.reports_per_minute, config.trust_proxy) = (20, true);
            config.operator_tokens = vec!["made-up-token".to_owned().into()];
        });
        let app = app.await;
        for client in 0..10 {
            assert_receipts(&send_failure(&app, client, members).await, &["accepted"; 100]);
        }
        let returned = use_returned_tokens(&app, members).await;
        assert_receipts(&send_failure(&app, 11, members).await, &["rejected"; 100]);
        // another failure of another client is accepted
        assert_receipts(&send_failure(&app, 12, r#""error_message":"no stock""#).await, &["accepted"; 100]);
        let groups = app.store.groups("default", 10).await.unwrap();
        let counts: Vec<u64> = groups.iter().map(|group| group.count).collect();
        assert_eq!(counts.iter().sum::<u64>(), 1_100 + returned, "{counts:?}");
        assert_eq!(groups.len(), 2, "the last member counts");
    }
}

#[tokio::test]
async fn a_frequent_failure_is_rejected_alone_and_the_rest_of_its_batch_is_accepted() {
    let app = spawn_app_with(|config| {
        (config.rate_limits.reports_per_minute, config.trust_proxy) = (20, true);
        config.operator_tokens = vec!["made-up-token".to_owned().into()];
    });
    let app = app.await;
    for client in 0..10 {
        send_failure(&app, client, r#""error_message":"no price""#).await;
    }
    use_returned_tokens(&app, r#""error_message":"no price""#).await;
    let hot = r#"{"error_type":"E","error_message":"no price"}"#;
    let batch = format!(r#"[{{"error_type":"E","error_message":"own"}},{hot}]"#);
    let response = app.send(&Request::report(batch).header("x-forwarded-for", "203.0.113.20")).await;
    assert_receipts(&response, &["accepted", "rejected"]);
    let reason = response.json()[1]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("this failure") && !reason.contains("this client"), "{reason}");
    // alone it is refused, so that its sender keeps it
    let response = app.send(&Request::report(hot).header("x-forwarded-for", "203.0.113.21")).await;
    assert_refused(&response, 429, "rate_limited");
    assert!(response.header("retry-after").is_some() && !response.text().contains("this client"), "{response:?}");
}
