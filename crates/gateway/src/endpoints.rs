//! `Endpoints`: addresses that event streams named for their sessions, as HTTP+SSE of protocol version 2024-11-05 does. The client
//! posts its messages there, and the responses come on the stream.

use std::collections::HashMap;
use std::sync::Mutex;

use autoheal_watch::{Collector, Message};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

use super::lock;

/// Maximum number of streams with an address. Conversations of further ones pass, and are not watched.
const MAX_STREAMS: usize = 4_096;
/// Maximum length of an address, in bytes.
const MAX_BYTES: usize = 2_048;

/// The open streams by their addresses: path and query at the MCP server.
#[derive(Debug, Default)]
pub(super) struct Endpoints(Mutex<HashMap<String, u64>>);

impl Endpoints {
    /// Records the address that the first event of a stream names; `exchange` is the stream's, and its session. Returns false
    /// if the event names none.
    pub(super) fn record(&self, stream: &PathAndQuery, event: &Collector, exchange: u64) -> bool {
        let Message::Whole(data) = event.message() else { return false };
        let Some(endpoint) = std::str::from_utf8(data).ok().and_then(|data| resolved(stream, data)) else {
            return false;
        };
        let mut streams = lock(&self.0);
        if streams.len() >= MAX_STREAMS {
            return false;
        }
        streams.insert(endpoint, exchange);
        true
    }

    /// The session of the stream that named this address.
    pub(super) fn session(&self, target: &Uri) -> Option<u64> {
        let streams = lock(&self.0);
        if streams.is_empty() { None } else { streams.get(target.path_and_query()?.as_str()).copied() }
    }

    /// Forgets the address of a stream that has ended.
    pub(super) fn remove(&self, exchange: u64) {
        lock(&self.0).retain(|_, stream| *stream != exchange);
    }
}

/// Path and query of an address that a stream names: absolute, or relative to the stream's own. `None` for other data.
fn resolved(stream: &PathAndQuery, data: &str) -> Option<String> {
    let data = data.trim();
    let is_address = !data.is_empty()
        && data.len() <= MAX_BYTES
        && !data.starts_with(['{', '[', '"'])
        && data.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_address {
        return None;
    }
    if data.contains("://") {
        return data.parse::<Uri>().ok()?.path_and_query().map(|path| path.as_str().to_owned());
    }
    let path = match data {
        _ if data.starts_with('/') => data.to_owned(),
        _ if data.starts_with('?') => format!("{}{data}", stream.path()),
        _ => format!(
            "{}/{}",
            stream.path().rsplit_once('/').map_or("", |(folder, _)| folder),
            data.trim_start_matches("./")
        ),
    };
    PathAndQuery::try_from(path).ok().map(|path| path.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_resolved_as_clients_do() {
        let stream = PathAndQuery::from_static("/api/sse?key=1");
        for (data, expected) in [
            ("/message?sessionId=a", Some("/message?sessionId=a")),
            ("/messages/?session_id=a\n", Some("/messages/?session_id=a")),
            ("message?sessionId=a", Some("/api/message?sessionId=a")),
            ("./message", Some("/api/message")),
            ("?sessionId=a", Some("/api/sse?sessionId=a")),
            ("http://127.0.0.1:3001/message?sessionId=a", Some("/message?sessionId=a")),
            (r#"{"jsonrpc":"2.0"}"#, None),
            ("", None),
            ("two words", None),
        ] {
            assert_eq!(resolved(&stream, data).as_deref(), expected, "{data}");
        }
    }

    #[test]
    fn an_address_leads_to_the_stream_until_it_ends() {
        let endpoints = Endpoints::default();
        let stream = PathAndQuery::from_static("/sse");
        let mut event = Collector::default();
        event.push(b"/message?sessionId=a");
        assert!(endpoints.record(&stream, &event, 7));
        let target = |path: &str| path.parse::<Uri>().unwrap();
        assert_eq!(endpoints.session(&target("http://h:1/message?sessionId=a")), Some(7));
        assert_eq!(endpoints.session(&target("http://h:1/message?sessionId=b")), None);
        endpoints.remove(7);
        assert_eq!(endpoints.session(&target("http://h:1/message?sessionId=a")), None);
    }
}
