//! The dashboard: hostile text is shown as text only, and every state has its page.

use autoheal_heal::settings::Repository;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, prepare};
use autoheal_store::Clock;
use autoheal_test_support::service::Response;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::app::{assert_receipts, report, spawn_app, spawn_app_with};
use crate::groups::advance_to_approval;

/// Text that tries to break out of its place in a page, in many ways.
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></pre></li><a href=javascript:alert(3)>\
                       {{7*7}}&lt;\u{202e}\u{200b}\u{feff}\0\u{1b}";
/// Invisible characters, and characters that reverse or hide the text around them.
const INVISIBLE: [char; 5] = ['\u{202e}', '\u{200b}', '\u{feff}', '\0', '\u{1b}'];

#[track_caller]
fn assert_page(response: &Response, status: u16) -> String {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = response.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    for directive in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    let html = response.text();
    assert!(!html.contains("<script") && !html.contains(" style="), "{html}");
    html
}

/// Asserts that the page contains the hostile text only as text.
#[track_caller]
fn assert_inert(html: &str) {
    for raw in ["<script", "<img", "alert(1)</script", "<a href=javascript", "href=\"javascript", "</pre></li>"] {
        assert!(!html.contains(raw), "{raw} in {html}");
    }
    assert_eq!(html.matches("<pre>").count(), html.matches("</pre>").count());
    assert!(!html.contains(INVISIBLE), "{html:?}");
    assert!(
        html.contains(r"\u{202e}\u{200b}\u{feff}\u{0}\u{1b}"),
        "invisible characters must be shown as escapes: {html}"
    );
    assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
}

/// The default project, with a repository.
fn sending() -> (String, Repository) {
    ("default".to_owned(), Repository::parse("acme/shop").unwrap())
}

#[tokio::test]
async fn hostile_text_is_shown_as_text_only() {
    let app = spawn_app().await;
    let body = json!({
        "error_type": HOSTILE, "error_message": HOSTILE, "release": HOSTILE, "environment": HOSTILE, "class": HOSTILE,
        "stack_trace": format!("{HOSTILE}\n    at {HOSTILE} (https://shop.example/{HOSTILE}.js:1:2)\n    at f (a.js:3:4)"),
        "context": {HOSTILE: HOSTILE, "userAgent": HOSTILE, "url": HOSTILE}, "tags": {HOSTILE: HOSTILE},
        "logs": [HOSTILE], "causes": [{"error_type": HOSTILE, "error_message": HOSTILE}],
        "rpc": {"method": HOSTILE, "tool": HOSTILE, "params": {"a": HOSTILE}}, "server": {"name": HOSTILE, "version": HOSTILE},
        "command": HOSTILE, "reproduction": HOSTILE, "client": HOSTILE, "user": HOSTILE,
    });
    let receipt = app.report(&body).await.json();
    assert_inert(&assert_page(&app.get("/").await, 200));
    let path = format!("/groups/{}", receipt[0]["fingerprint"].as_str().unwrap());
    assert_inert(&assert_page(&app.get(&path).await, 200));
    // with an issue, the page has links in place of the preview
    advance_to_approval(&app, HOSTILE).await;
    assert_inert(&assert_page(&app.get(&path).await, 200));
}

#[tokio::test]
async fn the_page_of_an_empty_store_explains_how_to_send_reports() {
    let app = spawn_app().await;
    let html = assert_page(&app.get("/").await, 200);
    for shown in ["No errors yet.", "/report-error", "autoheal run -- ", "autoheal mcp -- "] {
        assert!(html.contains(shown), "{shown} is not in {html}");
    }
    assert!(html.contains("preview: nothing is sent to GitHub"));
    assert!(html.contains("name=\"viewport\"") && html.contains("content=\"light dark\""));
}

#[tokio::test]
async fn an_unknown_group_has_a_page_with_a_link_to_all_groups() {
    let app = spawn_app().await;
    for path in ["/groups/00112233445566778899aabbccddeeff", "/groups/%3Cscript%3E", "/groups/x"] {
        let html = assert_page(&app.get(path).await, 404);
        assert!(html.contains("There is no such group") && html.contains("href=\"/\""));
    }
}

#[tokio::test]
async fn a_group_shows_its_facts_and_a_sample() {
    let app = spawn_app().await;
    let mut body = report("price is undefined");
    body["stack_trace"] = json!("TypeError: price is undefined\n    at checkout (https://shop.example/cart.js:10:5)");
    body["context"] = json!({"page": "cart"});
    body["release"] = json!("2.4.1");
    body["count"] = json!("many");
    body["server"] = json!({"name": "depot", "version": "4.1"});
    body["rpc"] = json!({"method": "tools/call", "tool": "price"});
    body["command"] = json!("python3 server.py --fast");
    let receipt = app.report(&body).await.json();
    assert!(assert_page(&app.get("/").await, 200).contains("price is undefined"));
    let path = format!("/groups/{}", receipt[0]["fingerprint"].as_str().unwrap());
    let html = assert_page(&app.get(&path).await, 200);
    for shown in [
        "checkout",
        "cart.js",
        ":10:5",
        "2.4.1 (1×)",
        "<dt>Occurrences</dt><dd>1</dd>",
        "&#34;page&#34;",
        "count was dropped",
        "<dt>Server</dt><dd>depot 4.1</dd>",
        "<dt>Tool, resource or prompt</dt><dd>price</dd>",
        "<dd>python3 server.py --fast</dd>",
    ] {
        assert!(html.contains(shown), "{shown} is not in {html}");
    }
    assert!(html.contains("The issue that would be opened") && html.contains("AUTOHEAL_ISSUE"));
}

/// A failure of an MCP server, of this class, reported by this client.
fn server_failure(class: &str, client: &str) -> serde_json::Value {
    json!({
        "error_type": "ToolError", "error_message": "Unknown tool: nope", "source": "mcp_tool", "class": class, "client": client,
    })
}

/// The record of a report of this sender and client.
fn from(sender: Sender, client: Client, report: &Value) -> Fingerprinted {
    let arrival = Arrival { project: "default".to_owned(), sender, client, received_at: Clock::system().now() };
    prepare(&to_raw_value(report).unwrap(), arrival, ScrubLevel::Standard).unwrap()
}

#[tokio::test]
async fn a_callers_mistake_is_marked_as_opening_no_issue() {
    for sends in [false, true] {
        let app = spawn_app_with(|config| config.sending_projects = sends.then(sending).into_iter().collect()).await;
        let receipt = app.report(&server_failure("caller_error", "a")).await.json();
        let path = format!("/groups/{}", receipt[0]["fingerprint"].as_str().unwrap());
        let held = "recorded, opens no issue";
        let list = assert_page(&app.get("/").await, 200);
        assert!(list.contains(held) && list.contains("mcp-tool · caller_error"), "{list}");
        let page = assert_page(&app.get(&path).await, 200);
        for shown in [held, "mcp-tool · caller_error", "AUTOHEAL_CALLER_ERROR_CLIENTS", "It is not sent for now"] {
            assert!(page.contains(shown), "{shown} is not in {page}");
        }
        let group = app.only_group().await["group"].clone();
        assert_eq!(group["class"], "caller_error");
        assert!(group["note"].as_str().unwrap().contains("AUTOHEAL_CALLER_ERRORS"), "{group}");
        // after enough clients made the mistake, it counts as a failure
        for client in ["b", "c"] {
            assert_receipts(&app.report(&server_failure("caller_error", client)).await, &["accepted"]);
        }
        assert!(assert_page(&app.get("/").await, 200).contains(held), "the names are claims of one address");
        let report = server_failure("caller_error", "a");
        for address in ["192.0.2.1", "192.0.2.2", "198.51.100.3"] {
            let client = Client::network(address.parse().unwrap());
            app.store.accept(vec![from(Sender::Anonymous, client, &report)]).await.unwrap();
        }
        assert!(assert_page(&app.get("/").await, 200).contains(held), "strangers have as many addresses as they want");
        for key in 1..=3 {
            app.store.accept(vec![from(Sender::Keyed, Client::Key([key; 8]), &report)]).await.unwrap();
        }
        assert!(!assert_page(&app.get("/").await, 200).contains(held));
        assert!(!assert_page(&app.get(&path).await, 200).contains("It is not sent for now"));
        assert!(app.only_group().await["group"]["note"].is_null());
    }
}

#[tokio::test]
async fn callers_mistakes_are_shown_as_failures_if_they_open_issues() {
    let app = spawn_app_with(|config| config.caller_errors.open = true).await;
    let receipt = app.report(&server_failure("caller_error", "a")).await.json();
    let path = format!("/groups/{}", receipt[0]["fingerprint"].as_str().unwrap());
    for address in ["/", &path] {
        let page = assert_page(&app.get(address).await, 200);
        assert!(page.contains("mcp-tool · caller_error") && !page.contains("opens no issue"), "{page}");
    }
}

#[tokio::test]
async fn only_failures_of_mcp_servers_show_their_class_and_only_as_text() {
    let app = spawn_app().await;
    let mut page_error = report("m");
    page_error["class"] = json!("network");
    assert_receipts(&app.report(&page_error).await, &["accepted"]);
    assert!(!assert_page(&app.get("/").await, 200).contains("network"));
    let mut hostile = server_failure(HOSTILE, "a");
    hostile["error_message"] = json!(HOSTILE);
    let receipt = app.report(&hostile).await.json();
    assert_inert(&assert_page(&app.get("/").await, 200));
    assert_inert(&assert_page(
        &app.get(&format!("/groups/{}", receipt[0]["fingerprint"].as_str().unwrap())).await,
        200,
    ));
}

#[tokio::test]
async fn a_group_with_issue_and_draft_links_to_both_and_names_the_approval_label() {
    let app = spawn_app_with(|config| config.sending_projects = vec![sending()]).await;
    let receipt = app.report(&report("m")).await.json();
    advance_to_approval(&app, "the note of the worker").await;
    let html = assert_page(&app.get(&format!("/groups/{}", receipt[0]["fingerprint"].as_str().unwrap())).await, 200);
    assert!(html.contains("<a href=\"https://github.example/acme/shop/issues/7\" rel=\"noreferrer\">Issue 7</a>"));
    assert!(html.contains("Draft pull request 8") && html.contains("the note of the worker"));
    assert!(html.contains("autoheal-approved") && html.contains("waits for approval"));
    assert!(!html.contains("preview: nothing is sent") && !html.contains("would be opened"));
}

#[tokio::test]
async fn the_stylesheet_is_local_and_cached() {
    let app = spawn_app().await;
    let response = app.get("/style.css").await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(!response.text().contains("@import") && !response.text().contains("http"));
    assert_receipts(&app.report(&report("m")).await, &["accepted"]);
    assert!(app.get("/").await.text().contains("href=\"/style.css\""));
}
