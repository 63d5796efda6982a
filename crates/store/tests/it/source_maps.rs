//! Source maps: how they are found, and their share of the store.

use autoheal_prepare::Timestamp;
use autoheal_store::{
    GeneratedFile, IntentKind, Limits, NewSourceMap, Regrouped, SourceMapKey, Sqlite, Store, StoreError,
};

use crate::reports::{failure, record};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn file(release: &str, url: &str) -> GeneratedFile {
    GeneratedFile { release: release.to_owned(), url: url.to_owned() }
}

fn map(id: u8, file: Option<GeneratedFile>, bytes: usize) -> NewSourceMap {
    let parts = vec![vec![id; bytes / 2], vec![id; bytes - bytes / 2]];
    NewSourceMap { project: "shop".to_owned(), debug_id: [id; 16], file, parts }
}

/// The first byte of the map that is found.
async fn found(store: &Sqlite, key: SourceMapKey) -> Option<u8> {
    let map = store.find_source_map("shop", key).await.unwrap()?;
    store.load_source_map(map, NOW).await.unwrap().first()?.first().copied()
}

fn by_file(release: Option<&str>, urls: &[&str]) -> SourceMapKey {
    SourceMapKey::File { release: release.map(str::to_owned), urls: urls.iter().map(|url| (*url).to_owned()).collect() }
}

#[tokio::test]
async fn a_map_is_found_by_debug_id_and_by_release_and_url() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    assert!(!store.has_source_maps("shop").await.unwrap());
    store.add_source_map(map(1, Some(file("v1", "~/app.js")), 10), NOW).await.unwrap();
    store.add_source_map(map(2, Some(file("v2", "~/app.js")), 10), NOW).await.unwrap();
    store.add_source_map(map(3, Some(file("", "https://cdn.example/lib.js")), 10), NOW).await.unwrap();
    assert!(store.has_source_maps("shop").await.unwrap());
    assert!(!store.has_source_maps("other").await.unwrap());

    assert_eq!(found(&store, SourceMapKey::DebugId([2; 16])).await, Some(2));
    assert_eq!(found(&store, SourceMapKey::DebugId([9; 16])).await, None);
    assert_eq!(found(&store, by_file(Some("v1"), &["https://a.example/app.js", "~/app.js"])).await, Some(1));
    assert_eq!(found(&store, by_file(Some("v2"), &["~/app.js"])).await, Some(2));
    assert_eq!(found(&store, by_file(Some("v3"), &["~/app.js"])).await, None);
    assert_eq!(found(&store, by_file(None, &["~/app.js"])).await, None, "two releases differ");
    for release in [None, Some("v1")] {
        let key = by_file(release, &["https://cdn.example/lib.js"]);
        assert_eq!(found(&store, key).await, Some(3), "uploaded without a release");
    }
    assert_eq!(store.find_source_map("other", SourceMapKey::DebugId([2; 16])).await.unwrap(), None);

    assert_eq!(store.known_debug_ids("shop", vec![[1; 16], [9; 16], [3; 16]]).await.unwrap(), [[1; 16], [3; 16]]);
    assert!(store.add_source_map_file("shop", [1; 16], Some(file("v3", "~/app.js")), NOW).await.unwrap());
    assert!(!store.add_source_map_file("shop", [9; 16], Some(file("v3", "~/app.js")), NOW).await.unwrap());
    assert_eq!(found(&store, by_file(Some("v3"), &["~/app.js"])).await, Some(1));

    // a second upload of a map takes the place of the first, under all its names
    let again = NewSourceMap { debug_id: [1; 16], ..map(7, None, 10) };
    store.add_source_map(again, NOW).await.unwrap();
    assert_eq!(found(&store, SourceMapKey::DebugId([1; 16])).await, Some(7));
    assert_eq!(found(&store, by_file(Some("v3"), &["~/app.js"])).await, Some(7));
}

#[tokio::test]
async fn maps_have_a_share_of_the_store_and_displace_only_maps() {
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits { bytes: 8_000_000, ..Limits::default() };
    let store = Sqlite::open_for_service(&directory.path().join("store.db"), limits).unwrap();
    store.accept(vec![record(failure("x is not a function"), NOW.0)]).await.unwrap();
    for (id, later) in [(1, 0), (2, 1), (3, 2)] {
        let now = Timestamp(NOW.0 + later);
        store.add_source_map(map(id, Some(file("v1", &format!("~/{id}.js"))), 900_000), now).await.unwrap();
    }
    // a quarter of the limit: two of them
    let known = store.known_debug_ids("shop", vec![[1; 16], [2; 16], [3; 16]]).await.unwrap();
    assert_eq!(known, [[2; 16], [3; 16]], "the map that was not used for the longest time is gone");
    assert_eq!(found(&store, by_file(Some("v1"), &["~/1.js"])).await, None);
    let too_large = store.add_source_map(map(4, None, 2_100_000), NOW).await;
    assert!(matches!(too_large, Err(StoreError::Full)), "{too_large:?}");
    assert_eq!(store.known_debug_ids("shop", vec![[2; 16], [3; 16]]).await.unwrap().len(), 2);
    assert_eq!(store.groups("default", 10).await.unwrap().len(), 1);

    // after the retention, a map that no report needed is deleted
    store.maintain(NOW.plus(limits.retention.unwrap() * 2)).await.unwrap();
    assert!(!store.has_source_maps("shop").await.unwrap());
}

#[tokio::test]
async fn a_regrouped_group_joins_another_only_if_nothing_on_github_belongs_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    let reported = |message: &str| record(failure(message), NOW.0);
    store.accept(vec![reported("cannot add the total"), reported("prices were not loaded")]).await.unwrap();
    let groups = store.groups("default", 10).await.unwrap();
    let group = |message: &str| groups.iter().find(|group| group.error_message.starts_with(message)).unwrap();
    let (with_issue, free) = (group("cannot"), group("prices"));
    store.begin("default", Some(with_issue.id), IntentKind::OpenIssue, "{}".to_owned(), NOW).await.unwrap();
    let sample = async |group: &autoheal_store::Group| {
        store.detail("default", group.fingerprint).await.unwrap().unwrap().samples[0].id
    };

    let kept =
        store.regroup(with_issue.id, sample(with_issue).await, reported("prices were not loaded")).await.unwrap();
    assert_eq!(kept, Regrouped::Unchanged);
    assert_eq!(store.groups("default", 10).await.unwrap().len(), 2);
    let named =
        store.regroup(with_issue.id, sample(with_issue).await, reported("saving an order failed")).await.unwrap();
    assert_eq!(named, Regrouped::Named);
    let joined = store.regroup(free.id, sample(free).await, reported("cannot add the total")).await.unwrap();
    assert_eq!(joined, Regrouped::Joined);

    let left = store.groups("default", 10).await.unwrap();
    assert_eq!((left.len(), left[0].id, left[0].count), (1, with_issue.id, 2));
    // all fingerprints lead to the group with the issue
    for message in ["cannot add the total", "prices were not loaded", "saving an order failed"] {
        let counted = store.accept(vec![reported(message)]).await.unwrap();
        assert_eq!(store.groups("default", 10).await.unwrap().len(), 1, "{message}: {counted:?}");
    }
}
