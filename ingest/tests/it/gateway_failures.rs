//! Each failure in a conversation becomes one report; success becomes none.

use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::session_hash;
use autoheal_gateway::Upstream;
use autoheal_ingest::Config;
use autoheal_prepare::validate::Sender;
use autoheal_test_support::service::Request;
use serde_json::{Value, json};

use crate::app::{TestApp, spawn_app_on, spawn_app_with};
use crate::conversation::{Conversation, EVENTS, JSON, assert_report, call, failure, success};
use crate::wire::{Server, Wire, framed, in_time};

#[tokio::test]
async fn a_failed_tool_is_reported_from_json_events_and_batches() {
    let mut conversation = Conversation::begin().await;
    conversation.request("", &call(1, "divide")).await;
    conversation.respond(&format!("200 OK\r\n{JSON}"), &failure(1, "division by zero")).await;
    let report = conversation.report().await;
    assert_report(&report, "divide", "division by zero");
    assert_eq!(report["source"], "mcp_tool");
    let url = format!("http://{}/mcp", conversation.server.address);
    assert!(report["reproduction"].as_str().unwrap().contains(&url), "{report:#}");

    conversation.request("\r\nmcp-session-id: s", &call(2, "fetch")).await;
    let events =
        format!(": hello\r\n\r\nid: 1\r\ndata:\r\n\r\nevent: message\r\ndata: {}\r\n\r\n", failure(2, "fetch failed"));
    conversation.respond(&format!("200 OK\r\n{EVENTS}"), &events).await;
    assert_report(&conversation.report().await, "fetch", "fetch failed");

    conversation.request("", &format!("[{},{}]", call(3, "one"), call(4, "two"))).await;
    conversation
        .respond(&format!("200 OK\r\n{JSON}; charset=utf-8"), &format!("[{},{}]", failure(4, "only two"), success(3)))
        .await;
    assert_report(&conversation.report().await, "two", "only two");
    assert_eq!(conversation.proxy.gateway.counters().failures(), 3);
}

#[tokio::test]
async fn a_report_names_the_trace_of_the_call_or_else_of_its_request() {
    let mut conversation = Conversation::begin().await;
    let of_request = "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let of_call = r#""_meta":{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},"name":"#;
    for (call, trace_id) in [
        (call(1, "divide"), "0af7651916cd43dd8448eb211c80319c"),
        (call(1, "divide").replace(r#""name":"#, of_call), "4bf92f3577b34da6a3ce929d0e0e4736"),
    ] {
        conversation.request(of_request, &call).await;
        conversation.respond(&format!("200 OK\r\n{JSON}"), &failure(1, "division by zero")).await;
        let report = conversation.report().await;
        assert_eq!(report["trace"]["trace_id"], trace_id, "{call}");
    }
}

#[tokio::test]
async fn the_same_id_in_two_sessions_is_two_calls() {
    let mut conversation = Conversation::begin().await;
    conversation.request("\r\nmcp-session-id: a", &call(1, "of-a")).await;
    let mut other = Wire::open(conversation.proxy.address).await;
    other.write(framed("POST /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: b", &call(1, "of-b"))).await;
    let mut upstream = conversation.server.accept().await;
    upstream.until("of-b").await;
    upstream.write(framed(&format!("HTTP/1.1 200 OK\r\n{JSON}"), &failure(1, "in b"))).await;
    assert_report(&conversation.report().await, "of-b", "in b");
    conversation.respond(&format!("200 OK\r\n{JSON}"), &failure(1, "in a")).await;
    assert_report(&conversation.report().await, "of-a", "in a");
}

#[tokio::test]
async fn a_resumed_stream_is_no_failure() {
    let mut conversation = Conversation::begin().await;
    for (id, response) in [(1, success(1)), (2, failure(2, "later"))] {
        conversation.request("\r\nmcp-session-id: s", &call(id, "slow")).await;
        // the server ends the stream, and the client resumes it
        conversation.respond(&format!("200 OK\r\n{EVENTS}"), "id: 7\nretry: 10\ndata:\n\n").await;
        conversation
            .client
            .write("GET /mcp HTTP/1.1\r\nhost: h\r\nmcp-session-id: s\r\nlast-event-id: 7\r\n\r\n")
            .await;
        conversation.upstream().await.head().await;
        conversation.respond(&format!("200 OK\r\n{EVENTS}"), &format!("id: 8\ndata: {response}\n\n")).await;
    }
    assert_report(&conversation.report().await, "slow", "later");
    conversation.assert_no_other_failure().await;
}

#[tokio::test]
async fn a_stream_that_ends_without_the_response_is_a_failure() {
    let mut conversation = Conversation::begin().await;
    // without a session, event ids do not make the stream resumable
    conversation.request("", &call(1, "silent")).await;
    conversation.respond(&format!("200 OK\r\n{EVENTS}"), "id: 1\ndata:\n\n").await;
    assert_report(&conversation.report().await, "silent", "ended without the answer");

    conversation.request("\r\nmcp-session-id: s", &call(2, "broken")).await;
    let upstream = conversation.upstream().await;
    upstream.write(format!("HTTP/1.1 200 OK\r\n{EVENTS}\r\ncontent-length: 100\r\n\r\ndata: half")).await;
    conversation.client.until("data: half").await;
    conversation.upstream = None;
    assert_report(&conversation.report().await, "broken", "broke off");
    conversation.client.rest().await;
    conversation.client = Wire::open(conversation.proxy.address).await;

    conversation.request("", &call(3, "down")).await;
    conversation.upstream = None;
    conversation.client.until("502").await;
    assert_report(&conversation.report().await, "down", "broke off");
}

#[tokio::test]
async fn only_server_error_statuses_are_failures() {
    let mut conversation = Conversation::begin().await;
    for (id, status) in [(1, "500 Internal Server Error"), (2, "503 Service Unavailable")] {
        conversation.request("", &call(id, "any")).await;
        conversation.respond(&format!("{status}\r\ncontent-type: text/html"), "<h1>No</h1>").await;
        assert_report(&conversation.report().await, "any", &format!("HTTP {}", &status[..3]));
    }
    for (id, status) in
        [(3, "401 Unauthorized"), (4, "404 Not Found"), (5, "202 Accepted"), (6, "429 Too Many Requests")]
    {
        conversation.request("", &call(id, "any")).await;
        conversation.respond(status, "").await;
    }
    conversation.client.write("GET /mcp HTTP/1.1\r\nhost: h\r\n\r\n").await;
    conversation.upstream().await.head().await;
    conversation.respond("405 Method Not Allowed", "").await;
    conversation.assert_no_other_failure().await;
}

#[tokio::test]
async fn json_is_read_under_every_text_media_type() {
    let mut conversation = Conversation::begin().await;
    for media in ["text/plain", "text/html; charset=utf-8", "application/json-rpc", "application/problem+json"] {
        conversation.request("", &call(1, "fine")).await;
        conversation.respond(&format!("200 OK\r\ncontent-type: {media}"), &success(1)).await;
        conversation.request("", &call(2, "fails")).await;
        conversation.respond(&format!("200 OK\r\ncontent-type: {media}"), &failure(2, media)).await;
        assert_report(&conversation.report().await, "fails", media);
    }
    conversation.request("", &call(3, "page")).await;
    conversation.respond("200 OK\r\ncontent-type: text/html", "<h1>Log in</h1>").await;
    assert_report(&conversation.report().await, "page", "ended without the answer");
}

#[tokio::test]
async fn a_truncated_success_is_no_failure() {
    let mut conversation = Conversation::begin().await;
    // far larger than the collected part of a message
    conversation.request("", &call(2, "large")).await;
    let large = success(2).replace("42", &"x".repeat(3_000_000));
    conversation.respond(&format!("200 OK\r\n{JSON}"), &large).await;
    conversation.assert_no_other_failure().await;
}

#[tokio::test]
async fn a_call_without_a_response_is_reported_while_the_client_waits() {
    let mut conversation = Conversation::with_timeout(Duration::from_millis(300)).await;
    conversation.request("", &call(1, "hangs")).await;
    assert_report(&conversation.report().await, "hangs", "never answered");
    // a late success takes nothing back, and a late error is reported in its own words
    conversation.respond(&format!("200 OK\r\n{JSON}"), &success(1)).await;
    conversation.assert_no_other_failure().await;
    conversation.request("", &call(2, "late")).await;
    assert_report(&conversation.report().await, "late", "never answered");
    conversation.respond(&format!("200 OK\r\n{JSON}"), &failure(2, "boom")).await;
    assert_report(&conversation.report().await, "late", "boom");
}

#[tokio::test]
async fn a_late_success_is_no_failure() {
    let mut conversation = Conversation::with_timeout(Duration::from_millis(300)).await;
    conversation.request("", &call(1, "slow")).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    conversation.respond(&format!("200 OK\r\n{JSON}"), &success(1)).await;
    conversation.assert_no_other_failure().await;
}

#[tokio::test]
async fn calls_of_a_disconnected_client_are_no_failures() {
    let mut conversation = Conversation::with_timeout(Duration::from_millis(300)).await;
    conversation.request("", &call(1, "unwanted")).await;
    conversation.client = Wire::open(conversation.proxy.address).await;
    assert!(conversation.upstream().await.rest().await.is_empty());
    conversation.upstream = None;
    conversation.request("", &call(2, "hangs")).await;
    assert_report(&conversation.report().await, "hangs", "never answered");
    conversation.respond(&format!("200 OK\r\n{JSON}"), &success(2)).await;
    conversation.assert_no_other_failure().await;
}

#[tokio::test]
async fn one_caller_makes_a_limited_number_of_groups() {
    let server = Server::listen().await;
    let mut app = spawn_app_with(|config| {
        config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
        config.rate_limits.new_groups_per_hour = 2;
    })
    .await;
    let mut client = Wire::open(app.address).await;
    let mut upstream = None;
    for id in 1..=10_u64 {
        // names without digits, because numbers do not make another failure
        let tool = format!("tool-{}", "x".repeat(usize::try_from(id).unwrap()));
        let head = format!("POST /jsonrpc HTTP/1.1\r\nhost: {}", app.address);
        client.write(framed(&head, &call(id, &tool))).await;
        if upstream.is_none() {
            upstream = Some(server.accept().await);
        }
        let upstream = upstream.as_mut().unwrap();
        upstream.until(&tool).await;
        upstream.until("}").await;
        let response = failure(id, &format!("{tool} fails"));
        upstream.write(framed(&format!("HTTP/1.1 200 OK\r\n{JSON}"), &response)).await;
        client.until(" fails").await;
        client.until("}").await;
    }
    drop(client);
    app.stop();
    in_time(&mut app.running).await.unwrap();
    assert_eq!(app.store.groups("default", 20).await.unwrap().len(), 4, "two an hour, and twice as many at once");
}

#[tokio::test]
async fn the_service_stores_gateway_failures_as_anonymous_reports() {
    let server = Server::listen().await;
    let mut app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address))).await;
    let mut client = Wire::open(app.address).await;
    let mut upstream = None;
    for id in 1..=2 {
        client.write(framed(&format!("POST /jsonrpc HTTP/1.1\r\nhost: {}", app.address), &call(id, "divide"))).await;
        if upstream.is_none() {
            upstream = Some(server.accept().await);
        }
        let upstream = upstream.as_mut().unwrap();
        upstream.until(r#""tools/call"#).await;
        upstream.until("}").await;
        upstream.write(framed(&format!("HTTP/1.1 200 OK\r\n{JSON}"), &failure(id, "division by zero"))).await;
        client.until("division by zero").await;
        client.until("}").await;
    }
    // the shutdown stores the remaining reports
    drop(client);
    app.stop();
    in_time(&mut app.running).await.unwrap();
    let groups = app.store.groups("default", 10).await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].count, 2);
    let detail = app.store.detail("default", groups[0].fingerprint).await.unwrap().unwrap();
    assert_eq!(detail.samples[0].sender, Sender::Anonymous);
}

/// Sends a call through the service's gateway, whose server responds that the tool failed.
async fn fail(app: &TestApp, server: &Server, session: Option<&str>, id: u64, tool: &str) {
    let mut client = Wire::open(app.address).await;
    let session = session.map(|session| format!("\r\nmcp-session-id: {session}")).unwrap_or_default();
    let head = format!("POST /jsonrpc HTTP/1.1\r\nhost: {}\r\nconnection: close{session}", app.address);
    client.write(framed(&head, &call(id, tool))).await;
    let mut upstream = server.accept().await;
    upstream.until(tool).await;
    upstream.until("}").await;
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{JSON}");
    upstream.write(framed(&head, &failure(id, &format!("{tool} fails")))).await;
    client.until(" fails").await;
    client.until("}").await;
}

/// The page's report of a call.
fn page_report(tool: &str, id: Value, session: Option<&str>) -> Value {
    let session_hash = session.map(|session| session_hash(session.as_bytes()).to_string());
    json!({
        "error_type": "MCPError", "error_message": format!("{tool} fails"), "context": {"method": "tools/call"},
        "rpc": {"method": "tools/call", "tool": tool, "id": id, "session_hash": session_hash},
    })
}

/// The stored groups after the service has stopped: source, message and count.
async fn stored(app: &mut TestApp) -> Vec<(&'static str, String, u64)> {
    app.stop();
    in_time(&mut app.running).await.unwrap();
    let groups = app.store.groups("default", 10).await.unwrap();
    let mut stored: Vec<_> =
        groups.iter().map(|group| (group.source.name(), group.error_message.clone(), group.count)).collect();
    stored.sort_unstable();
    stored
}

#[tokio::test]
async fn a_failure_reported_by_the_page_is_not_reported_twice() {
    let server = Server::listen().await;
    let mut app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address))).await;
    let (plain, in_session, session) = (1_764_228_366_123_456, 1_764_228_366_123_457, "1868a90c-7b46-4d24");
    fail(&app, &server, None, plain, "plain").await;
    fail(&app, &server, Some(session), in_session, "in_session").await;
    fail(&app, &server, None, 1_764_228_366_123_458, "unreported").await;
    let reports =
        json!([page_report("plain", json!(plain), None), page_report("in_session", json!(in_session), Some(session)),]);
    assert_eq!(app.report(&reports).await.status, 202);
    // the gateway names more of the failure, so its report is shown, and the page's call counts once
    let expected = [
        ("mcp_tool", "in_session: in_session fails", 1),
        ("mcp_tool", "plain: plain fails", 1),
        ("mcp_tool", "unreported: unreported fails", 1),
    ];
    assert_eq!(stored(&mut app).await, expected.map(|(source, message, count)| (source, message.to_owned(), count)));
}

#[tokio::test]
async fn a_failure_that_the_page_reports_as_a_repeat_is_not_reported_twice() {
    let server = Server::listen().await;
    let mut app = spawn_app_with(|config| {
        config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
    })
    .await;
    let report = |id: u64| {
        let mut report = page_report("price", json!(id), None);
        (report["class"], report["error_type"]) = (json!("tool_failure"), json!("MCPToolError"));
        report
    };
    let first = 1_764_228_366_123_400;
    for id in first..first + 12 {
        assert_eq!(app.report(&report(id)).await.status, 202);
    }
    // one failing call, because the gateway may report several equal ones together, with the id of the first
    fail(&app, &server, None, first + 20, "price").await;
    assert_eq!(app.report(&report(first + 20)).await.status, 202);
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("autoheal_repeats_total 3\n"), "{metrics}");
    let stored = stored(&mut app).await;
    assert_eq!(stored.iter().map(|(.., count)| *count).collect::<Vec<_>>(), [13], "{stored:?}");
}

#[tokio::test]
async fn a_report_of_another_tool_or_one_that_is_not_counted_hides_no_failure() {
    let server = Server::listen().await;
    let mut app =
        spawn_app_with(|config| config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address))).await;
    let (first, second) = (1_764_228_366_123_456_u64, 1_764_228_366_123_457_u64);
    fail(&app, &server, None, first, "price").await;
    fail(&app, &server, None, second, "stock").await;
    let mut repeated = page_report("stock", json!(1_764_228_366_123_458_u64), None);
    repeated["id"] = json!("6f1d5c0e-0b7a-4f4e-9a55-6a1f3c9f2b11");
    assert_eq!(app.report(&json!([page_report("other", json!(first), None), repeated])).await.status, 202);
    repeated["rpc"]["id"] = json!(second);
    assert_eq!(app.report(&repeated).await.status, 202);
    let stored = stored(&mut app).await;
    for expected in ["price: price fails", "stock: stock fails"] {
        assert!(stored.iter().any(|(source, message, _)| *source == "mcp_tool" && message == expected), "{stored:?}");
    }
}

/// Sends a failing call through a trusted proxy, for this client.
async fn fail_for(app: &TestApp, server: &Server, client: &str) {
    let mut stream = Wire::open(app.address).await;
    let head =
        format!("POST /jsonrpc HTTP/1.1\r\nhost: {}\r\nx-forwarded-for: {client}\r\nconnection: close", app.address);
    stream.write(framed(&head, &call(1, "price"))).await;
    let mut upstream = server.accept().await;
    upstream.until("price").await;
    upstream.until("}").await;
    upstream.write(framed(&format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{JSON}"), &failure(1, "no price"))).await;
    stream.until("no price").await;
}

#[tokio::test]
async fn a_caller_is_the_same_client_as_the_sender_with_its_address_also_after_a_restart() {
    let server = Server::listen().await;
    let configure = |config: &mut Config| {
        config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
        config.trust_proxy = true;
    };
    let mut first = spawn_app_with(configure).await;
    for client in ["203.0.113.1", "198.51.100.9, 203.0.113.1:4711", "2001:db8:7:1::1", "[2001:db8:7:2::2]:80"] {
        fail_for(&first, &server, client).await;
    }
    first.stop();
    in_time(&mut first.running).await.unwrap();
    let mut second = spawn_app_on(Arc::clone(&first.store), configure).await;
    fail_for(&second, &server, "203.0.113.1").await;
    second.stop();
    in_time(&mut second.running).await.unwrap();
    let group = first.store.groups("default", 10).await.unwrap().remove(0);
    assert_eq!((group.count, group.clients), (5, 2));
    // the page of one of them sends the report that autoheal would write
    let third = spawn_app_on(Arc::clone(&first.store), configure).await;
    let detail = first.store.detail("default", group.fingerprint).await.unwrap().unwrap();
    let mut report = serde_json::to_value(&detail.samples[0].report).unwrap();
    report["id"] = Value::Null;
    for (sender, clients) in [("203.0.113.1", 2), ("2001:db8:7:3::3", 2), ("203.0.113.2", 3)] {
        let request = Request::report(report.to_string()).header("x-forwarded-for", sender);
        assert_eq!(third.send(&request).await.status, 202);
        let group = first.store.groups("default", 10).await.unwrap().remove(0);
        assert_eq!(group.clients, clients, "{sender}");
    }
}

#[tokio::test]
async fn calls_and_reports_of_one_client_share_its_limit() {
    let server = Server::listen().await;
    let mut app = spawn_app_with(|config| {
        config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
        config.rate_limits.reports_per_minute = 1;
        config.trust_proxy = true;
    })
    .await;
    let batch = Value::from(vec![page_report("other", json!("x"), None); 100]);
    for sender in ["203.0.113.1", "2001:db8:7:1::1"] {
        let request = Request::report(batch.to_string()).header("x-forwarded-for", sender);
        assert_eq!(app.send(&request).await.status, 202);
    }
    for client in ["203.0.113.1", "2001:db8:7:1::2", "203.0.113.2", "2001:db8:8::1"] {
        fail_for(&app, &server, client).await;
    }
    let of_gateway = stored(&mut app).await.into_iter().filter(|(source, ..)| *source == "mcp_tool");
    assert_eq!(of_gateway.map(|(.., count)| count).collect::<Vec<_>>(), [2], "those without a limit used up");
}

#[tokio::test]
async fn a_stranger_who_guesses_ids_hides_no_failure() {
    let server = Server::listen().await;
    let mut app = spawn_app_with(|config| {
        config.upstream = Upstream::parse(&format!("http://{}/mcp", server.address));
        config.rate_limits.reports_per_minute = 100_000;
    })
    .await;
    let guess = async |session| {
        for first in (0..1_000).step_by(100) {
            let ids = (first + 1..=first + 100).map(|id| if id % 2 == 0 { json!(id) } else { json!(id.to_string()) });
            let reports: Value = ids.map(|id| page_report("price", id, session)).collect();
            assert_eq!(app.report(&reports).await.status, 202);
        }
    };
    guess(None).await;
    for id in 1..=12 {
        fail(&app, &server, None, id, "price").await;
    }
    let session = "1868a90c-7b46-4d24-a2c6-d5dfb1b0a1c4";
    for id in 1..=3 {
        fail(&app, &server, Some(session), id, "price").await;
    }
    guess(Some("1")).await;
    guess(None).await;
    let of_gateway = stored(&mut app).await.into_iter().filter(|(source, ..)| *source == "mcp_tool");
    assert_eq!(of_gateway.collect::<Vec<_>>(), [("mcp_tool", "price: price fails".to_owned(), 15)]);
}
