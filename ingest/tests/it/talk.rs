//! `Talk`: a conversation of which the test plays both sides, and what the gateway between them reports.

use std::time::Duration;

use serde_json::{Value, json};

use crate::wire::{Proxy, Server, Wire, framed_bytes, in_time, proxy_for};

/// A client and a server on one connection each, with the proxy between.
pub(crate) struct Talk {
    pub(crate) proxy: Proxy,
    pub(crate) server: Server,
    pub(crate) client: Wire,
    pub(crate) there: Option<Wire>,
}

pub(crate) const JSON: &str = "content-type: application/json";
pub(crate) const EVENTS: &str = "content-type: text/event-stream";

impl Talk {
    pub(crate) async fn begin() -> Self {
        Self::with_timeout(Duration::from_secs(120)).await
    }

    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        let server = Server::listen().await;
        let proxy = proxy_for(server.address, &[], |config| config.timeout = timeout).await;
        let client = Wire::open(proxy.address).await;
        Self { proxy, server, client, there: None }
    }

    /// The client asks; what it wrote has arrived.
    pub(crate) async fn ask(&mut self, headers: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        self.client.write(framed_bytes(&format!("POST /mcp HTTP/1.1\r\nhost: h{headers}"), body)).await;
        let there = self.there().await;
        there.head().await;
        there.exactly(body.len()).await;
    }

    pub(crate) async fn there(&mut self) -> &mut Wire {
        if self.there.is_none() {
            self.there = Some(self.server.accept().await);
        }
        self.there.as_mut().unwrap()
    }

    /// The server answers; what it wrote has arrived.
    pub(crate) async fn answer(&mut self, head: &str, body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        self.there().await.write(framed_bytes(&format!("HTTP/1.1 {head}"), body)).await;
        self.client.head().await;
        assert!(self.client.exactly(body.len()).await == body, "it arrived changed");
    }

    /// A call that fails, and the report of it: the first one since the last, so that nothing before it was one.
    pub(crate) async fn only_this_fails(&mut self) {
        self.ask("", &call(99, "the-last-one")).await;
        self.answer(&format!("200 OK\r\n{JSON}"), &failure(99, "for the test")).await;
        let report = self.report().await;
        assert_eq!(report["rpc"]["tool"], "the-last-one", "{report:#}");
    }

    pub(crate) async fn report(&mut self) -> Value {
        serde_json::to_value(in_time(self.proxy.reports.recv()).await.unwrap()).unwrap()
    }
}

pub(crate) fn call(id: u32, tool: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": {"a": 1}}})
        .to_string()
}

pub(crate) fn failure(id: u32, text: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": text}], "isError": true}})
        .to_string()
}

pub(crate) fn success(id: u32) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": "42"}]}}).to_string()
}

pub(crate) fn is(report: &Value, tool: &str, message: &str) {
    assert_eq!(report["rpc"]["tool"], tool, "{report:#}");
    assert!(report["error_message"].as_str().unwrap().contains(message), "{report:#}");
}
