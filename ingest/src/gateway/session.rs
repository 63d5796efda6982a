//! Whose calls these are: the session a request names, and the address it comes from.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use autoheal_pipeline::mcp::Scope;
use axum::http::HeaderMap;

/// The header that names a session.
pub(super) const HEADER: &str = "mcp-session-id";

/// Makes scopes; what it hashes cannot be found out from outside.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    state: RandomState,
    next: AtomicU64,
}

impl Scopes {
    /// The number of an exchange, and its scope: an exchange outside of sessions is a session of its own.
    pub(super) fn of(&self, headers: &HeaderMap, peer: IpAddr) -> (u64, Scope) {
        let exchange = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let session = headers.get(HEADER).map(|session| self.state.hash_one(session.as_bytes()));
        (exchange, Scope { session: session.unwrap_or(exchange), peer: self.state.hash_one(peer.to_canonical()) })
    }
}
