//! What the operator must know: a stop of the writing to GitHub, the queue, the store.

use autoheal_heal::status::{Cause, Stop, WorkerStatus};
use autoheal_prepare::Timestamp;
use autoheal_test_support::service::Request;
use serde_json::json;
use tokio::sync::watch;

use crate::app::{TestApp, assert_receipts, assert_refused, report, spawn_app, spawn_app_with, spawn_app_with_worker};

const SINCE: &str = "2026-11-22T08:00:00Z";

fn stopped(cause: Cause) -> WorkerStatus {
    let since = Timestamp::parse(SINCE).unwrap();
    let reason = "GitHub refused (403): <b>Resource not accessible</b>".to_owned();
    WorkerStatus { stop: Some(Stop { cause, reason, since, until: Some(since) }), renamed_to: None }
}

/// The pages of the dashboard that exist, as text.
async fn pages(app: &TestApp) -> [String; 2] {
    let group = app.report(&report("m")).await.json()[0]["fingerprint"].as_str().unwrap().to_owned();
    [app.get("/").await.text(), app.get(&format!("/groups/{group}")).await.text()]
}

#[tokio::test]
async fn a_stop_is_shown_everywhere_with_cause_beginning_and_advice() {
    for cause in Cause::all() {
        println!("{cause:?}");
        let (sender, worker) = watch::channel(WorkerStatus::default());
        let app = spawn_app_with_worker(worker).await;
        let ready = app.get("/readyz").await;
        assert_eq!((ready.status, ready.text()), (200, "ready\n".to_owned()));
        assert_eq!(app.get("/api/status").await.json()["github"]["writing"], "on");
        assert!(app.get("/metrics").await.text().contains("autoheal_github_writing 1\n"));
        assert!(pages(&app).await.iter().all(|page| !page.contains("class=\"banner")));

        sender.send_replace(stopped(*cause));
        let ready = app.get("/readyz").await;
        assert_eq!(ready.status, 200, "reports are still stored");
        let text = ready.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0]), (2, "ready"), "{text}");
        assert!([SINCE, cause.summary(), cause.advice()].iter().all(|part| lines[1].contains(part)), "{text}");
        assert!(!text.contains("not accessible"), "GitHub's words are for the operator: {text}");

        let status = app.get("/api/status").await.json();
        let github = &status["github"];
        assert_eq!(github["writing"], if cause.stops_everything() { "stopped" } else { "limited" });
        assert_eq!((&github["stop"]["cause"], &github["stop"]["since"]), (&json!(cause.name()), &json!(SINCE)));
        assert_eq!(github["stop"]["advice"], cause.advice());
        assert!(github["stop"]["reason"].as_str().unwrap().contains("not accessible"));

        let metrics = app.get("/metrics").await.text();
        let writing = u8::from(!cause.stops_everything());
        for line in [
            format!("autoheal_github_writing {writing}\n"),
            format!("autoheal_github_stop{{cause=\"{}\"}} 1\n", cause.name()),
            "autoheal_github_stopped_since_seconds 1795334400\n".to_owned(),
        ] {
            assert!(metrics.contains(&line), "{line} is not in {metrics}");
        }
        assert_eq!(metrics.matches("\"} 1\n").count(), 2, "one accepted report, one cause: {metrics}");

        for page in pages(&app).await {
            assert!(page.contains("class=\"banner ") && page.contains(SINCE) && !page.contains("<b>"), "{page}");
            assert!(page.contains("Next attempt at"), "{page}");
        }
    }
}

#[tokio::test]
async fn a_new_name_of_the_repository_is_shown_with_the_setting() {
    let renamed_to = Some("acme-corp/store".to_owned());
    let app = spawn_app_with_worker(watch::channel(WorkerStatus { stop: None, renamed_to }).1).await;
    assert_eq!(app.get("/api/status").await.json()["github"]["repository_renamed_to"], "acme-corp/store");
    for page in pages(&app).await {
        assert!(page.contains("<code>AUTOHEAL_REPO=acme-corp/store</code>"), "{page}");
    }
}

#[tokio::test]
async fn the_queue_and_the_store_are_shown() {
    let app = spawn_app_with_worker(watch::channel(WorkerStatus::default()).1).await;
    assert_eq!(app.get("/api/status").await.json()["queue"]["oldest_waiting_since"], json!(null));
    assert_receipts(&app.report(&json!([report("apples"), report("pears")])).await, &["accepted"; 2]);
    let status = app.get("/api/status").await.json();
    assert_eq!(status["queue"]["waiting"], 2);
    assert!(status["queue"]["oldest_waiting_seconds"].as_u64().unwrap() < 600, "{status}");
    assert!(status["store"]["bytes"].as_u64().unwrap() > 4096, "{status}");
    assert_eq!((&status["store"]["ready"], &status["store"]["refused_writes"]), (&json!(true), &json!(0)));
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("autoheal_issue_queue_length 2\n"), "{metrics}");
    assert!(metrics.lines().all(|line| line.starts_with('#') || line.split(' ').count() == 2), "{metrics}");
}

#[tokio::test]
async fn a_preview_has_no_queue_and_no_state_of_github() {
    let app = spawn_app().await;
    assert_receipts(&app.report(&report("m")).await, &["accepted"]);
    let status = app.get("/api/status").await.json();
    assert_eq!((&status["github"]["writing"], &status["queue"]["waiting"]), (&json!("off"), &json!(0)));
    assert!(!app.get("/metrics").await.text().contains("autoheal_github"));
}

#[tokio::test]
async fn the_status_is_for_the_operator_only() {
    let app = spawn_app_with(|config| config.operator_tokens = vec!["made-up-operator-token".to_owned().into()]).await;
    let elsewhere = Request::get("/api/status").header("host", "errors.example");
    assert_refused(&app.send(&elsewhere).await, 401, "operator_only");
}

/// A disk that has no space for new rows, while rows of the same size can be changed.
#[tokio::test]
async fn a_store_without_space_is_not_ready_until_it_has_space_again() {
    let app = spawn_app().await;
    assert_receipts(&app.report(&report("apples")).await, &["accepted"]);
    let disk = rusqlite::Connection::open(app.directory.path().join("store.db")).unwrap();
    // an index by which every further row is one too many
    let index =
        |table: &str, column: &str| format!("CREATE UNIQUE INDEX full_{table} ON {table} ({column} IS NOT NULL);");
    disk.execute_batch("INSERT INTO write_probe VALUES (x'00')").unwrap();
    disk.execute_batch(&format!("{}{}", index("groups", "id"), index("write_probe", "filler"))).unwrap();
    for _ in 0..3 {
        assert_refused(&app.report(&report("no pears")).await, 503, "store_unavailable");
        // A change of the worker's, which needs no space.
        app.store.set_pause("default", None).await.unwrap();
        assert_refused(&app.get("/readyz").await, 503, "store_unavailable");
    }
    let metrics = app.get("/metrics").await.text();
    for line in ["autoheal_store_ready 0\n", "autoheal_refused_writes_total 3\n"] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let page = app.get("/").await.text();
    assert!(page.contains("Reports are refused"), "{page}");
    disk.execute_batch("DROP INDEX full_groups; DROP INDEX full_write_probe").unwrap();
    let ready = async {
        while app.get("/readyz").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ready).await.unwrap();
    assert_receipts(&app.report(&report("no pears")).await, &["accepted"]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_set_aside_counted_and_shown() {
    let app = spawn_app().await;
    for message in ["no apples", "no pears"] {
        assert_receipts(&app.report(&report(message)).await, &["accepted"]);
    }
    let store = rusqlite::Connection::open(app.directory.path().join("store.db")).unwrap();
    store.execute("UPDATE groups SET status = 'of_another_version' WHERE error_message = 'no apples'", []).unwrap();

    let page = app.get("/").await.text();
    assert!(page.contains("no pears") && !page.contains("no apples"), "{page}");
    assert!(app.get("/").await.text().contains("Some rows of the store cannot be read"));
    assert_eq!(app.get("/api/status").await.json()["store"]["unreadable_rows"], 1);
    assert!(app.get("/metrics").await.text().contains("autoheal_store_unreadable_rows 1\n"));
    assert_receipts(&app.report(&report("no plums")).await, &["accepted"]);
}
