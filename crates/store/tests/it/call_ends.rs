//! Both ends of one call: the page's report and the server's are one group, and neither hides the other.

use autoheal_contract::Source;
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::Sender;
use autoheal_store::{Change, Detail, Group, IntentKind, Link, Sqlite, Status, Store};
use serde_json::{Value, json};

use crate::reports::{record, record_from, record_of_stranger};

const STACK: &str = "MCPError: No response\n    at checkout (https://shop.example/cart.js:3:7)";

fn trace(number: u64) -> Value {
    json!({"trace_id": format!("4bf92f3577b34da6a3ce9{number:011x}"), "span_id": "00f067aa0ba902b7"})
}

/// The page's report of a call that timed out.
fn page(trace: &Value) -> Value {
    json!({
        "error_type": "MCPError", "error_message": "No response from /mcp within 30000 ms", "class": "timeout",
        "stack_trace": STACK, "trace": trace, "rpc": {"method": "tools/call", "tool": "price"},
    })
}

/// The server's report of the crash in that call.
fn server(trace: &Value) -> Value {
    json!({
        "error_type": "panic", "error_message": "the server ended with exit code 101", "class": "server_exit",
        "source": "mcp_tool", "stack_trace": "thread 'main' panicked at src/price.rs:7:5:\nno such article",
        "trace": trace, "rpc": {"method": "tools/call", "tool": "price"},
    })
}

fn of_page(trace: &Value) -> Fingerprinted {
    record_of_stranger(page(trace), 1_000)
}

fn of_server(trace: &Value) -> Fingerprinted {
    record_from(server(trace), 2_000, Sender::Keyed)
}

struct Shop {
    directory: tempfile::TempDir,
    store: Sqlite,
}

impl Shop {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
        Self { directory, store }
    }

    async fn accepts(&self, records: impl IntoIterator<Item = Fingerprinted>) {
        for record in records {
            self.store.accept(vec![record]).await.unwrap();
        }
    }

    async fn groups(&self) -> Vec<Group> {
        self.store.groups(DEFAULT_PROJECT, 100).await.unwrap()
    }

    async fn only_group(&self) -> Group {
        let mut groups = self.groups().await;
        assert_eq!(groups.len(), 1, "{groups:#?}");
        groups.remove(0)
    }

    async fn detail(&self, group: &Group) -> Detail {
        self.store.detail(DEFAULT_PROJECT, group.fingerprint).await.unwrap().unwrap()
    }

    async fn opens_issue(&self, group: &Group, number: u64) {
        let link = Link { number, url: format!("https://github.com/o/r/issues/{number}") };
        self.store.change(group.id, vec![Change::Status(Status::IssueOpen), Change::Issue(link)]).await.unwrap();
    }
}

/// Asserts that the only group is the server's failure, with the page's stack, and counts the call once.
async fn assert_one_failure(shop: &Shop, count: u64) {
    let group = shop.only_group().await;
    assert_eq!((group.error_type.as_str(), group.source, group.count), ("panic", Source::McpTool, count));
    assert!(group.known && group.known_count == count, "{group:?}");
    let work = shop.store.work(group.id).await.unwrap().unwrap();
    assert!(work.sample.report.stack_trace.unwrap().contains("src/price.rs"));
    assert_eq!(work.page.unwrap().report.stack_trace.as_deref(), Some(STACK));
}

#[tokio::test]
async fn both_ends_of_a_call_are_one_failure_whichever_is_reported_first() {
    for page_is_first in [true, false] {
        let shop = Shop::open();
        for call in 1..=3 {
            let (page, server) = (of_page(&trace(call)), of_server(&trace(call)));
            shop.accepts(if page_is_first { [page, server] } else { [server, page] }).await;
            assert_one_failure(&shop, call).await;
        }
        // in one batch, and in the other order
        shop.store.accept(vec![of_server(&trace(4)), of_page(&trace(4))]).await.unwrap();
        assert_one_failure(&shop, 4).await;
        // a failure of the page whose call the server did not report is one of its own
        shop.accepts([of_page(&Value::Null)]).await;
        assert_eq!(shop.groups().await.len(), 2);
    }
}

#[tokio::test]
async fn an_end_is_found_after_a_restart() {
    let mut shop = Shop::open();
    shop.accepts([of_page(&trace(1))]).await;
    shop.store.close().await.unwrap();
    drop(shop.store);
    shop.store = Sqlite::open(&shop.directory.path().join("store.db")).unwrap();
    shop.accepts([of_server(&trace(1))]).await;
    assert_one_failure(&shop, 1).await;
}

#[tokio::test]
async fn without_a_trace_session_and_request_id_decide() {
    for (session, id, groups) in [(Some("77"), "1", 1), (None, "1764228366123456", 1), (None, "1", 2)] {
        let shop = Shop::open();
        let with_id = |mut report: Value| {
            report["rpc"]["id"] = json!(id);
            report["rpc"]["session_hash"] = json!(session);
            report
        };
        shop.accepts([
            record(with_id(page(&Value::Null)), 1_000),
            record_from(with_id(server(&Value::Null)), 2_000, Sender::Local),
        ])
        .await;
        assert_eq!(shop.groups().await.len(), groups, "{session:?} {id}");
    }
}

#[tokio::test]
async fn reports_of_different_calls_stay_apart() {
    let other_tool = {
        let mut report = server(&trace(1));
        report["rpc"]["tool"] = json!("stock");
        report
    };
    let other_span = {
        let mut report = server(&trace(1));
        report["trace"]["span_id"] = json!("00f067aa0ba902b8");
        report
    };
    let callers_fault = {
        let mut report = server(&trace(1));
        report["class"] = json!("caller_error");
        report
    };
    for other in [server(&trace(2)), server(&Value::Null), other_tool, other_span, callers_fault] {
        let shop = Shop::open();
        shop.accepts([of_page(&trace(1)), record_from(other.clone(), 2_000, Sender::Keyed)]).await;
        assert_eq!(shop.groups().await.len(), 2, "{other}");
    }
}

#[tokio::test]
async fn an_issue_of_the_page_hides_no_failure_of_the_server() {
    for status in [Status::IssueOpen, Status::AwaitingApproval, Status::HandedOver] {
        for sender in [Sender::Keyed, Sender::Anonymous] {
            let shop = Shop::open();
            shop.accepts([of_page(&trace(1))]).await;
            let opened = shop.only_group().await;
            shop.opens_issue(&opened, 7).await;
            shop.store.change(opened.id, vec![Change::Status(status)]).await.unwrap();
            shop.accepts([record_from(server(&trace(1)), 2_000, sender)]).await;
            let groups = shop.groups().await;
            assert_eq!(groups.len(), 2, "{status:?} {sender:?}: {groups:#?}");
            let of_the_page = groups.iter().find(|group| group.id == opened.id).unwrap();
            assert_eq!((of_the_page.error_type.as_str(), of_the_page.count), ("MCPError", 1));
            // the page's next report of such a call belongs to the server's failure
            shop.accepts([record_from(server(&trace(2)), 3_000, sender), of_page(&trace(2))]).await;
            let groups = shop.groups().await;
            let of_server = groups.iter().find(|group| group.id != opened.id).unwrap();
            assert_eq!((of_server.error_type.as_str(), of_server.count), ("panic", 2));
        }
    }
}

#[tokio::test]
async fn a_stranger_leads_no_other_failures_into_a_group() {
    for page_is_first in [true, false] {
        let shop = Shop::open();
        // another failure of the server, which pages report too
        let other = |call: &Value| {
            let mut report = page(call);
            report["error_message"] = json!("orders are lost");
            report
        };
        let (claim, server) = (record(other(&trace(1)), 2_000), of_server(&trace(1)));
        shop.accepts(if page_is_first { [claim, server] } else { [server, claim] }).await;
        shop.accepts([record(other(&Value::Null), 3_000), record(other(&trace(2)), 3_000)]).await;
        let groups = shop.groups().await;
        let of_server = groups.iter().find(|group| group.source == Source::McpTool).unwrap();
        assert_eq!(of_server.count, 1, "{groups:#?}");
        assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), 3, "{groups:#?}");
    }
}

#[tokio::test]
async fn a_page_that_is_noise_hides_no_failure_of_the_server() {
    for page_is_first in [true, false] {
        let shop = Shop::open();
        let mut crawled = page(&trace(1));
        crawled["context"] =
            json!({"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"});
        let (crawled, server) = (record(crawled, 1_000), of_server(&trace(1)));
        shop.accepts(if page_is_first { [crawled, server] } else { [server, crawled] }).await;
        let group = shop.only_group().await;
        assert_eq!((group.count, group.noise), (1, 0));
    }
}

#[tokio::test]
async fn a_call_of_a_known_page_and_a_known_server_counts_once_towards_a_threshold() {
    for page_is_first in [true, false] {
        let shop = Shop::open();
        let (page, server) = (record_from(page(&trace(1)), 1_000, Sender::Keyed), of_server(&trace(1)));
        shop.accepts(if page_is_first { [page, server] } else { [server, page] }).await;
        let group = shop.only_group().await;
        assert_eq!((group.count, group.known_count, group.confirmed_count()), (1, 1, 1));
    }
}

/// The gateway's report of that call, in its own words or in those of the server.
fn of_gateway(trace: &Value, in_own_words: bool) -> Fingerprinted {
    let mut report = server(trace);
    if in_own_words {
        (report["class"], report["error_type"]) = (json!("transport"), json!("NetworkError"));
        report["error_message"] = json!("the response to price broke off");
        report["stack_trace"] = Value::Null;
    }
    record_of_stranger(report, 1_500)
}

#[tokio::test]
async fn a_call_that_the_page_the_gateway_and_the_server_report_counts_once() {
    for in_own_words in [true, false] {
        let report = |reporter: usize, call: u64| match reporter {
            0 => of_page(&trace(call)),
            1 => of_gateway(&trace(call), in_own_words),
            _ => of_server(&trace(call)),
        };
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let shop = Shop::open();
            for call in 1..=3 {
                shop.accepts(order.map(|reporter| report(reporter, call))).await;
                let group = shop.only_group().await;
                let counts = (group.count, group.known_count, group.known);
                assert_eq!(counts, (call, call, true), "{order:?} {in_own_words}");
                assert_eq!(group.error_type, "panic", "{order:?} {in_own_words}");
            }
            // each reporter's further report of a call is another failure of it
            shop.accepts([report(order[0], 3)]).await;
            assert_eq!(shop.groups().await.iter().map(|group| group.count).sum::<u64>(), 4, "{order:?}");
        }
        for order in [[1, 2], [2, 1]] {
            let shop = Shop::open();
            for call in 1..=3 {
                shop.accepts(order.map(|reporter| report(reporter, call))).await;
                assert_eq!(shop.only_group().await.count, call, "{order:?} {in_own_words}");
            }
        }
    }
}

#[tokio::test]
async fn what_has_an_issue_or_was_there_before_the_call_stays() {
    // the server's failure and the page's have an issue each
    let shop = Shop::open();
    shop.accepts([of_server(&trace(9)), of_page(&trace(1))]).await;
    for (number, group) in (1..).zip(shop.groups().await) {
        shop.opens_issue(&group, number).await;
    }
    shop.accepts([of_server(&trace(1))]).await;
    assert_eq!(shop.groups().await.len(), 2);

    // a write for the page's group may be under way
    let shop = Shop::open();
    shop.accepts([of_server(&trace(9)), of_page(&trace(1))]).await;
    let groups = shop.groups().await;
    let of_the_page = groups.iter().find(|group| group.source == Source::JavascriptSdk).unwrap();
    let now = of_the_page.last_seen;
    shop.store.begin(DEFAULT_PROJECT, Some(of_the_page.id), IntentKind::OpenIssue, "{}".to_owned(), now).await.unwrap();
    shop.accepts([of_server(&trace(1))]).await;
    assert_eq!(shop.groups().await.len(), 2);

    // the page's group holds timeouts of other calls
    let shop = Shop::open();
    shop.accepts([of_page(&Value::Null), of_page(&trace(1)), of_server(&trace(1))]).await;
    let groups = shop.groups().await;
    assert_eq!(groups.iter().map(|group| group.count).collect::<Vec<_>>(), [1, 2], "{groups:#?}");
    // but the page's next report of a call that the server reported belongs to the server's
    shop.accepts([of_server(&trace(2)), of_page(&trace(2))]).await;
    let groups = shop.groups().await;
    let counts = |source| groups.iter().find(|group| group.source == source).map(|group| group.count);
    assert_eq!((counts(Source::McpTool), counts(Source::JavascriptSdk)), (Some(2), Some(2)), "{groups:#?}");
}

#[tokio::test]
async fn a_stranger_who_claims_to_be_a_server_leads_only_the_reports_of_its_own_call() {
    for page_is_first in [true, false] {
        let shop = Shop::open();
        // a failure of the server that others reported
        shop.accepts([of_server(&trace(9))]).await;
        let (page, claim) = (of_page(&trace(1)), record_of_stranger(server(&trace(1)), 2_000));
        shop.accepts(if page_is_first { [page, claim] } else { [claim, page] }).await;
        let group = shop.only_group().await;
        assert_eq!((group.count, group.known_count), (2, 1));
        assert_eq!(
            shop.detail(&group).await.samples[0].sender,
            Sender::Keyed,
            "the shown text stays the known sender's"
        );
        // the timeouts of others are a failure of their own
        shop.accepts([of_page(&Value::Null)]).await;
        assert_eq!(shop.groups().await.len(), 2);
    }
}

#[tokio::test]
async fn a_known_page_does_not_join_the_group_of_a_stranger() {
    let shop = Shop::open();
    shop.accepts([
        record_of_stranger(server(&trace(9)), 1_000),
        record_from(page(&trace(1)), 2_000, Sender::Keyed),
        record_of_stranger(server(&trace(1)), 3_000),
    ])
    .await;
    let groups = shop.groups().await;
    assert_eq!(groups.len(), 2, "{groups:#?}");
    let known = groups.iter().find(|group| group.known).unwrap();
    assert_eq!((known.source, known.count), (Source::JavascriptSdk, 1));
}

#[tokio::test]
async fn each_end_is_paired_once() {
    let shop = Shop::open();
    shop.accepts([of_server(&trace(1))]).await;
    // the page repeats the trace of one call for other failures of it
    for function in ["pay", "ship", "rate"] {
        let mut other = page(&trace(1));
        other["stack_trace"] = json!(STACK.replace("checkout", function));
        shop.accepts([record(other, 2_000)]).await;
    }
    let groups = shop.groups().await;
    assert_eq!(groups.len(), 3, "{groups:#?}");
    assert_eq!(groups.iter().map(|group| group.count).sum::<u64>(), 3);
    // the counts of what a reporter gathered
    let shop = Shop::open();
    let gathered = |mut report: Value, count: u64| {
        report["count"] = json!(count);
        report
    };
    shop.accepts([
        record(gathered(page(&trace(1)), 2), 1_000),
        record_from(gathered(server(&trace(1)), 5), 2_000, Sender::Keyed),
    ])
    .await;
    let group = shop.only_group().await;
    assert_eq!((group.count, group.known_count), (6, 5));
}

#[tokio::test]
async fn a_repeated_delivery_changes_nothing() {
    let shop = Shop::open();
    let with_id = |mut report: Value, id: &str| {
        report["id"] = json!(id);
        report
    };
    let page = || record(with_id(page(&trace(1)), "8f3a0c1e-0d8b-4b0f-9a55-0f1f6d1f0001"), 1_000);
    let server =
        || record_from(with_id(server(&trace(1)), "8f3a0c1e-0d8b-4b0f-9a55-0f1f6d1f0002"), 2_000, Sender::Keyed);
    shop.accepts([page(), page(), server(), page(), server()]).await;
    assert_one_failure(&shop, 1).await;
    let accepted = shop.store.accept(vec![page()]).await.unwrap();
    assert!(accepted[0].duplicate && accepted[0].fingerprint == shop.only_group().await.fingerprint);
}
