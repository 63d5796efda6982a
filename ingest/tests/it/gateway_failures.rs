//! What fails in a conversation becomes one report, and what does not fail becomes none.

use std::time::Duration;

use autoheal_gateway::Upstream;
use autoheal_prepare::validate::Sender;
use serde_json::json;

use crate::app::spawn_app_with;
use crate::talk::{EVENTS, JSON, Talk, call, failure, is, success};
use crate::wire::{Server, Wire, framed, in_time};

#[tokio::test]
async fn a_tool_that_fails_is_told_whatever_carries_the_answer() {
    let mut talk = Talk::begin().await;
    talk.ask("", &call(1, "divide")).await;
    talk.answer(&format!("200 OK\r\n{JSON}"), &failure(1, "division by zero")).await;
    let report = talk.report().await;
    is(&report, "divide", "division by zero");
    assert_eq!(report["source"], "mcp_tool");
    let url = format!("http://{}/mcp", talk.server.address);
    assert!(report["reproduction"].as_str().unwrap().contains(&url), "{report:#}");

    talk.ask("\r\nmcp-session-id: s", &call(2, "fetch")).await;
    let events =
        format!(": hello\r\n\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: {}\r\n\r\n", failure(2, "fetch failed"));
    talk.answer(&format!("200 OK\r\n{EVENTS}"), &events).await;
    is(&talk.report().await, "fetch", "fetch failed");

    talk.ask("", &format!("[{},{}]", call(3, "one"), call(4, "two"))).await;
    talk.answer(&format!("200 OK\r\n{JSON}; charset=utf-8"), &format!("[{},{}]", failure(4, "only two"), success(3)))
        .await;
    is(&talk.report().await, "two", "only two");
    assert_eq!(talk.proxy.gateway.counters().failures(), 3);
}

#[tokio::test]
async fn the_same_id_in_two_sessions_is_two_calls() {
    let mut talk = Talk::begin().await;
    talk.ask("\r\nmcp-session-id: a", &call(1, "of-a")).await;
    let mut other = Wire::open(talk.proxy.address).await;
    other.write(framed("POST /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: b", &call(1, "of-b"))).await;
    let mut there = talk.server.accept().await;
    there.until("of-b").await;
    there.write(framed(&format!("HTTP/1.1 200 OK\r\n{JSON}"), &failure(1, "in b"))).await;
    is(&talk.report().await, "of-b", "in b");
    talk.answer(&format!("200 OK\r\n{JSON}"), &failure(1, "in a")).await;
    is(&talk.report().await, "of-a", "in a");
}

#[tokio::test]
async fn a_stream_that_is_polled_for_its_answer_is_no_failure() {
    let mut talk = Talk::begin().await;
    for (id, answer) in [(1, success(1)), (2, failure(2, "later"))] {
        talk.ask("\r\nmcp-session-id: s", &call(id, "slow")).await;
        // The server ends the stream and wants to be asked again.
        talk.answer(&format!("200 OK\r\n{EVENTS}"), "id: 7\nretry: 10\ndata:\n\n").await;
        talk.client.write("GET /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: s\r\nlast-event-id: 7\r\n\r\n").await;
        talk.there().await.head().await;
        talk.answer(&format!("200 OK\r\n{EVENTS}"), &format!("id: 8\ndata: {answer}\n\n")).await;
    }
    is(&talk.report().await, "slow", "later");
    talk.only_this_fails().await;
}

#[tokio::test]
async fn a_stream_that_ends_without_the_answer_is_one() {
    let mut talk = Talk::begin().await;
    // Without a session nobody can ask for the rest, ids or not.
    talk.ask("", &call(1, "silent")).await;
    talk.answer(&format!("200 OK\r\n{EVENTS}"), "id: 1\ndata:\n\n").await;
    is(&talk.report().await, "silent", "ended without the answer");

    talk.ask("\r\nmcp-session-id: s", &call(2, "broken")).await;
    let there = talk.there().await;
    there.write(format!("HTTP/1.1 200 OK\r\n{EVENTS}\r\ncontent-length: 100\r\n\r\ndata: half")).await;
    talk.client.until("data: half").await;
    talk.there = None;
    is(&talk.report().await, "broken", "broke off");
    talk.client.rest().await;
    talk.client = Wire::open(talk.proxy.address).await;

    talk.ask("", &call(3, "down")).await;
    talk.there = None;
    talk.client.until("502").await;
    is(&talk.report().await, "down", "broke off");
}

#[tokio::test]
async fn statuses_say_whose_failure_it_is() {
    let mut talk = Talk::begin().await;
    for (id, status) in [(1, "500 Internal Server Error"), (2, "503 Service Unavailable")] {
        talk.ask("", &call(id, "any")).await;
        talk.answer(&format!("{status}\r\ncontent-type: text/html"), "<h1>No</h1>").await;
        is(&talk.report().await, "any", &format!("HTTP {}", &status[..3]));
    }
    for (id, status) in
        [(3, "401 Unauthorized"), (4, "404 Not Found"), (5, "202 Accepted"), (6, "429 Too Many Requests")]
    {
        talk.ask("", &call(id, "any")).await;
        talk.answer(status, "").await;
    }
    talk.client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    talk.there().await.head().await;
    talk.answer("405 Method Not Allowed", "").await;
    talk.only_this_fails().await;
}

#[tokio::test]
async fn an_answer_is_one_whatever_text_it_says_it_is() {
    let mut talk = Talk::begin().await;
    for media in ["text/plain", "text/html; charset=utf-8", "application/json-rpc", "application/problem+json"] {
        talk.ask("", &call(1, "fine")).await;
        talk.answer(&format!("200 OK\r\ncontent-type: {media}"), &success(1)).await;
        talk.ask("", &call(2, "fails")).await;
        talk.answer(&format!("200 OK\r\ncontent-type: {media}"), &failure(2, media)).await;
        is(&talk.report().await, "fails", media);
    }
    talk.ask("", &call(3, "page")).await;
    talk.answer("200 OK\r\ncontent-type: text/html", "<h1>Log in</h1>").await;
    is(&talk.report().await, "page", "ended without the answer");
}

#[tokio::test]
async fn what_cannot_be_read_is_not_guessed_at() {
    let mut talk = Talk::begin().await;
    // Far more than is kept of one message.
    talk.ask("", &call(2, "large")).await;
    let large = success(2).replace("42", &"x".repeat(3_000_000));
    talk.answer(&format!("200 OK\r\n{JSON}"), &large).await;
    talk.only_this_fails().await;
}

#[tokio::test]
async fn a_call_that_is_never_answered_is_told_while_its_client_still_waits() {
    let mut talk = Talk::with_timeout(Duration::from_millis(300)).await;
    talk.ask("", &call(1, "hangs")).await;
    is(&talk.report().await, "hangs", "never answered");
    // Its answer comes after all: that is no second failure.
    talk.answer(&format!("200 OK\r\n{JSON}"), &failure(1, "late")).await;
    talk.only_this_fails().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_calls_along() {
    let mut talk = Talk::with_timeout(Duration::from_millis(300)).await;
    talk.ask("", &call(1, "unwanted")).await;
    talk.client = Wire::open(talk.proxy.address).await;
    assert!(talk.there().await.rest().await.is_empty());
    talk.there = None;
    talk.ask("", &call(2, "hangs")).await;
    is(&talk.report().await, "hangs", "never answered");
    talk.answer(&format!("200 OK\r\n{JSON}"), &success(2)).await;
    talk.only_this_fails().await;
}

#[tokio::test]
async fn the_service_counts_and_shows_what_fails_behind_it_as_a_strangers_word() {
    let server = Server::listen().await;
    let mut app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address))).await;
    let mut client = Wire::open(app.address).await;
    let mut there = None;
    for id in 1..=2 {
        client.write(framed(&format!("POST /jsonrpc HTTP/1.1\r\nhost: {}", app.address), &call(id, "divide"))).await;
        if there.is_none() {
            there = Some(server.accept().await);
        }
        let there = there.as_mut().unwrap();
        there.until(r#""tools/call"#).await;
        there.until("}").await;
        there.write(framed(&format!("HTTP/1.1 200 OK\r\n{JSON}"), &failure(id, "division by zero"))).await;
        client.until("division by zero").await;
        client.until("}").await;
    }
    // Stopping tells what was not told yet.
    drop(client);
    app.stop();
    in_time(&mut app.running).await.unwrap().unwrap();
    let groups = app.store.groups("default", 10).await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].count, 2);
    let detail = app.store.detail("default", groups[0].fingerprint).await.unwrap().unwrap();
    assert_eq!(detail.samples[0].sender, Sender::Anonymous);
}

#[tokio::test]
async fn what_its_own_page_reports_is_one_failure_not_two() {
    let server = Server::listen().await;
    let mut app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address))).await;
    let mut client = Wire::open(app.address).await;
    let mut there = None;
    for (id, tool) in [(1, "told"), (2, "untold")] {
        client.write(framed(&format!("POST /jsonrpc HTTP/1.1\r\nhost: {}", app.address), &call(id, tool))).await;
        if there.is_none() {
            there = Some(server.accept().await);
        }
        let there = there.as_mut().unwrap();
        there.until(tool).await;
        there.until("}").await;
        there.write(framed(&format!("HTTP/1.1 200 OK\r\n{JSON}"), &failure(id, &format!("{tool} fails")))).await;
        client.until(" fails").await;
        client.until("}").await;
    }
    let told = json!({"error_type": "MCPError", "error_message": "told fails", "rpc": {"method": "tools/call", "tool": "told"}});
    assert_eq!(app.report(&told).await.status, 202);
    drop(client);
    app.stop();
    in_time(&mut app.running).await.unwrap().unwrap();
    let groups = app.store.groups("default", 10).await.unwrap();
    let mut found: Vec<_> = groups.iter().map(|group| (group.source.name(), group.error_message.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [("javascript_sdk", "told fails"), ("mcp_tool", "untold: untold fails")]);
}
