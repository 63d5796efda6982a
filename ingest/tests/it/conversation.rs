//! `Conversation`: the test plays the client and the upstream on both sides of a gateway, and receives the reports.

use std::time::Duration;

use serde_json::{Value, json};

use crate::wire::{Proxy, Server, Wire, framed_bytes, in_time, proxy_for};

/// A client and an upstream with one connection each, and the gateway between them.
pub(crate) struct Conversation {
    pub(crate) proxy: Proxy,
    pub(crate) server: Server,
    pub(crate) client: Wire,
    pub(crate) upstream: Option<Wire>,
}

pub(crate) const JSON: &str = "content-type: application/json";
pub(crate) const EVENTS: &str = "content-type: text/event-stream";

impl Conversation {
    pub(crate) async fn begin() -> Self {
        Self::with_timeout(Duration::from_secs(120)).await
    }

    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        let server = Server::listen().await;
        let proxy = proxy_for(server.address, &[], |config| config.timeout = timeout).await;
        let client = Wire::open(proxy.address).await;
        Self { proxy, server, client, upstream: None }
    }

    /// Sends a request and waits until the upstream has received it.
    pub(crate) async fn request(&mut self, headers: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        self.client.write(framed_bytes(&format!("POST /mcp HTTP/1.1\r\nhost: h{headers}"), body)).await;
        let upstream = self.upstream().await;
        upstream.head().await;
        upstream.exactly(body.len()).await;
    }

    /// The upstream's side of the gateway's connection.
    pub(crate) async fn upstream(&mut self) -> &mut Wire {
        if self.upstream.is_none() {
            self.upstream = Some(self.server.accept().await);
        }
        self.upstream.as_mut().unwrap()
    }

    /// Sends a response and waits until the client has received it.
    pub(crate) async fn respond(&mut self, head: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        self.upstream().await.write(framed_bytes(&format!("HTTP/1.1 {head}"), body)).await;
        self.client.head().await;
        assert!(self.client.exactly(body.len()).await == body, "the body changed on the way");
    }

    /// Asserts that no failure was reported since the last report: makes one more call fail, and expects its report
    /// next.
    pub(crate) async fn assert_no_other_failure(&mut self) {
        self.request("", &call(99, "the-last-one")).await;
        self.respond(&format!("200 OK\r\n{JSON}"), &failure(99, "for the test")).await;
        let report = self.report().await;
        assert_eq!(report["rpc"]["tool"], "the-last-one", "{report:#}");
    }

    pub(crate) async fn report(&mut self) -> Value {
        serde_json::to_value(in_time(self.proxy.reports.recv()).await.unwrap().report).unwrap()
    }
}

pub(crate) fn call(id: u64, tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": {"a": 1}}})
        .to_string()
}

pub(crate) fn failure(id: u64, text: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": text}], "isError": true}})
        .to_string()
}

pub(crate) fn success(id: u32) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": "42"}]}}).to_string()
}

#[track_caller]
pub(crate) fn assert_report(report: &Value, tool: &str, message: &str) {
    assert_eq!(report["rpc"]["tool"], tool, "{report:#}");
    assert!(report["error_message"].as_str().unwrap().contains(message), "{report:#}");
}
