//! Deletion on request: nothing is left in the files, and no second issue is opened.

use std::path::Path;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{
    Change, Claims, ClientHash, IntentKind, IntentState, IssueText, Link, Sqlite, Status, Store, TextForm,
};
use serde_json::{Value, json};

use crate::reports::{failure, record, with_id};

/// A text that must go.
const SECRET: &str = "Ada-Lovelace-lives-here";

fn personal(message: &str) -> Value {
    let mut report = failure(&format!("{message} {SECRET}"));
    report["context"] = json!({"long": format!("{SECRET} ").repeat(900)});
    report["release"] = json!(SECRET);
    report
}

fn occurrences(directory: &Path) -> usize {
    let files = std::fs::read_dir(directory).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.map(|bytes| bytes.windows(SECRET.len()).filter(|window| *window == SECRET.as_bytes()).count()).sum()
}

async fn fingerprint_of(store: &Sqlite, report: Value) -> Fingerprint {
    store.accept(vec![record(report, 1)]).await.unwrap()[0].fingerprint
}

#[tokio::test]
async fn no_byte_of_an_erased_group_is_left_in_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    let report = with_id(personal("no apples"), "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10");
    let gone = fingerprint_of(&store, report.clone()).await;
    for at in 0..5 {
        store.accept(vec![record(personal("no apples"), at)]).await.unwrap();
    }
    let kept = fingerprint_of(&store, failure("no pears")).await;
    assert!(occurrences(directory.path()) > 900);

    let erased = store.erase_group(DEFAULT_PROJECT, gone, Timestamp(2)).await.unwrap();
    assert_eq!((erased.groups, erased.samples, erased.emptied), (1, 5, 0), "{erased:?}");
    assert_eq!(occurrences(directory.path()), 0);
    assert!(store.detail(DEFAULT_PROJECT, gone).await.unwrap().is_none());
    assert!(store.detail(DEFAULT_PROJECT, kept).await.unwrap().is_some());
    let again = store.erase_group(DEFAULT_PROJECT, gone, Timestamp(2)).await.unwrap();
    assert!(!again.found());
    // it is a new group when it happens again
    let new = store.accept(vec![record(personal("no apples"), 3)]).await.unwrap();
    assert_eq!(new[0].count, 1);
}

#[tokio::test]
async fn a_group_with_an_issue_is_emptied_and_keeps_its_issue() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    let gone = fingerprint_of(&store, personal("no apples")).await;
    let group = store.detail(DEFAULT_PROJECT, gone).await.unwrap().unwrap().group.id;
    let intent = store
        .begin(DEFAULT_PROJECT, Some(group), IntentKind::OpenIssue, json!({"b": SECRET}).to_string(), Timestamp(1))
        .await
        .unwrap();
    let link = Link { number: 7, url: "https://github.example/7".to_owned() };
    let text = store.work(group).await.unwrap().unwrap().sample.id;
    let text = IssueText { sample: text, form: TextForm::Full, changed_at: None };
    let changes = vec![Change::Status(Status::IssueOpen), Change::Issue(link.clone()), Change::Text(text)];
    store.settle(intent.id, IntentState::Done, Some("{\"number\":7}".to_owned()), Timestamp(1), changes).await.unwrap();

    let erased = store.erase_group(DEFAULT_PROJECT, gone, Timestamp(2)).await.unwrap();
    assert_eq!((erased.groups, erased.emptied, erased.issues), (0, 1, vec![link]));
    assert_eq!(occurrences(directory.path()), 0);
    let detail = store.detail(DEFAULT_PROJECT, gone).await.unwrap().unwrap();
    assert_eq!((detail.group.issue.unwrap().number, detail.group.error_message.as_str()), (7, "(erased)"));
    assert_eq!(detail.samples[0].report.error_message, "(erased)");
    // the group is still readable for the worker, and its issue needs no other text
    let work = store.work(group).await.unwrap().unwrap();
    assert_eq!(work.group.text.map(|text| text.sample), Some(work.sample.id));
    // the next report is counted, and is what people and the worker are shown from now on
    let again = store.accept(vec![record(failure(&format!("no apples {SECRET}")), 3)]).await.unwrap();
    assert_eq!((again[0].count, again[0].fingerprint), (2, gone));
    store.accept(vec![record(failure(&format!("no apples {SECRET}")), 4)]).await.unwrap();
    let work = store.work(group).await.unwrap().unwrap();
    assert!(work.sample.report.error_message.starts_with("no apples"), "{}", work.sample.report.error_message);
    assert_ne!(work.group.text.map(|text| text.sample), Some(work.sample.id), "the text of the issue may follow");
    let detail = store.detail(DEFAULT_PROJECT, gone).await.unwrap().unwrap();
    assert!(detail.group.error_message.starts_with("no apples"), "{}", detail.group.error_message);
    assert_eq!((detail.samples.len(), detail.group.count, detail.group.clients), (2, 3, 1));
    let due = store.claim_due("worker", Timestamp(5), Timestamp(100), Claims::all(DEFAULT_PROJECT)).await.unwrap();
    assert_eq!(due.map(|work| work.group.id), Some(group));
}

#[tokio::test]
async fn the_reports_of_a_client_are_erased_and_those_of_others_stay() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    let shared = fingerprint_of(&store, personal("shared")).await;
    store.accept(vec![record(failure(&format!("shared {}", "Grace-Hopper")), 2)]).await.unwrap();
    let own = fingerprint_of(&store, personal("own")).await;
    let client = ClientHash([1, 2, 3, 4, 5, 6, 7, 8]);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute("UPDATE samples SET client = ?1 WHERE id IN (1, 3)", [client.0]).unwrap();
    connection.execute("INSERT OR IGNORE INTO clients (group_id, client) VALUES (1, ?1), (2, ?1)", [client.0]).unwrap();
    drop(connection);

    assert!(!store.erase_client(ClientHash::default(), Timestamp(3)).await.unwrap().found());
    let groups = store.groups(DEFAULT_PROJECT, 10).await.unwrap().len();
    let erased = store.erase_client(client, Timestamp(3)).await.unwrap();
    if groups == 2 {
        // the shared failure has one group for both
        assert_eq!((erased.groups, erased.samples), (1, 2), "{erased:?}");
        let detail = store.detail(DEFAULT_PROJECT, shared).await.unwrap().unwrap();
        assert_eq!(detail.samples.len(), 1);
        assert!(detail.group.error_message.contains("Grace-Hopper"), "{}", detail.group.error_message);
    }
    assert!(store.detail(DEFAULT_PROJECT, own).await.unwrap().is_none());
    assert!(!store.erase_client(client, Timestamp(3)).await.unwrap().found());
}
