//! The session and the sender of a request: its scope in the watch.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use autoheal_contract::{Trace, session_hash};
use autoheal_watch::{Peer, Scope};
use axum::http::HeaderMap;

use super::client_key::ClientKey;

/// The header with the id of a session.
const HEADER: &str = "mcp-session-id";
/// The header that names the trace of a request.
const TRACE_HEADER: &str = "traceparent";

/// The session of an exchange. The client may resume a broken stream only in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    None,
    /// The request named it.
    Existing,
    /// The response named it. The calls of this exchange are recorded under the number of the exchange.
    New,
    /// It is that of another exchange, an event stream, on which the responses come.
    Stream,
}

/// Creates scopes. The hashes have keys, so that clients cannot construct collisions.
#[derive(Debug)]
pub(super) struct Scopes {
    hasher: RandomState,
    client_key: ClientKey,
    exchanges: AtomicU64,
}

impl Scopes {
    pub(super) fn new(client_key: ClientKey) -> Self {
        Self { hasher: RandomState::new(), client_key, exchanges: AtomicU64::new(0) }
    }

    /// A number for a new exchange, and its scope. An exchange without a session is a session of its own.
    pub(super) fn of(&self, headers: &HeaderMap, peer: IpAddr) -> (u64, Scope) {
        let exchange = self.exchanges.fetch_add(1, Ordering::Relaxed) + 1;
        let session = self.named(headers).unwrap_or(exchange);
        let session_hash = headers.get(HEADER).map(|session| session_hash(session.as_bytes()));
        let peer = Peer { network: self.client_key.hash(peer), address: peer };
        let trace = headers.get(TRACE_HEADER).and_then(|value| Trace::parse(value.to_str().ok()?));
        (exchange, Scope { session, peer: Some(peer), session_hash, trace })
    }

    /// The session named by these headers.
    pub(super) fn named(&self, headers: &HeaderMap) -> Option<u64> {
        headers.get(HEADER).map(|session| self.hasher.hash_one(session.as_bytes()))
    }
}
