//! Whose calls these are: the session a request names, and the address it comes from.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use autoheal_watch::Scope;
use axum::http::HeaderMap;

/// The header that names a session.
const HEADER: &str = "mcp-session-id";

/// Whether a stream that breaks off can be taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    None,
    /// The request named it.
    Known,
    /// The answer begins it: the calls of this exchange are known by the request alone.
    Begins,
}

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
        let session = self.named(headers).unwrap_or(exchange);
        (exchange, Scope { session, peer: self.state.hash_one(peer.to_canonical()) })
    }

    /// The session that these headers name.
    pub(super) fn named(&self, headers: &HeaderMap) -> Option<u64> {
        headers.get(HEADER).map(|session| self.state.hash_one(session.as_bytes()))
    }
}
