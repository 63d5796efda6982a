//! A service with all three switches on and short intervals, connected to the stand-in for GitHub.

use std::time::Duration;

use autoheal_test_support::StandIn;
use serde_json::{Value, json};

use crate::place::{Place, Serve};

pub(crate) fn place_for(github: &StandIn) -> Place {
    let mut place = Place::new();
    let arguments =
        ["--issue", "--pr", "--heal", "--write-pace", "10ms", "--lag-bound", "500ms", "--poll-interval", "100ms"];
    place.arguments = arguments.map(str::to_owned).to_vec();
    place.variables = [
        ("GITHUB_TOKEN", github.token()),
        ("AUTOHEAL_GITHUB_URL", github.url()),
        ("AUTOHEAL_REPO", github.repository()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    place
}

/// Sends a report of one failure.
pub(crate) async fn report_failure(serve: &Serve) {
    let report = json!({"error_type": "TypeError", "error_message": "price is undefined"});
    assert_eq!(serve.report(&report).await.status, 202);
}

/// Polls the service until its one group meets the condition, and returns the group.
pub(crate) async fn group_once(serve: &Serve, condition: &str, reached: impl Fn(&Value) -> bool) -> Value {
    let fingerprint = serve.groups().await[0]["fingerprint"].as_str().unwrap().to_owned();
    let path = format!("/api/groups/{fingerprint}");
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_500 {
        poll.tick().await;
        let detail = serve.get(&path).await.json();
        if reached(&detail) {
            return detail;
        }
    }
    panic!("the group never became {condition}: {}", serve.get(&path).await.text());
}

/// Polls the service until its one group has one of these statuses and no unfinished write, and returns it.
pub(crate) async fn settled(serve: &Serve, statuses: &[&str]) -> Value {
    group_once(serve, &format!("{statuses:?}"), |detail| {
        let is = |value: &Value, names: &[&str]| value.as_str().is_some_and(|text| names.contains(&text));
        let open = |intent: &Value| is(&intent["state"], &["sent", "held", "recheck"]);
        is(&detail["group"]["status"], statuses) && !detail["intents"].as_array().unwrap().iter().any(open)
    })
    .await
}
