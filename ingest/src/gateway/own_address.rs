//! Which `Host` and `Origin` name the gateway itself: those become the server's own, all others are left for it to judge.

use std::net::{IpAddr, SocketAddr};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};

use super::upstream::Upstream;

/// Where the gateway listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnAddress(pub(super) SocketAddr);

impl OwnAddress {
    /// Puts the server's names in place of our own. A name that a page rebound to our address stays, and so does the
    /// verdict of the server on it.
    pub(super) fn replace(self, headers: &mut HeaderMap, upstream: &Upstream) {
        if headers.get(header::HOST).is_none_or(|host| self.is_host(host)) {
            headers.insert(header::HOST, upstream.host().clone());
        }
        if headers.get(header::ORIGIN).is_some_and(|origin| self.is_origin(origin)) {
            headers.insert(header::ORIGIN, upstream.origin().clone());
        }
    }

    /// Whether pages of this origin came from here.
    pub(super) fn is_origin(self, origin: &HeaderValue) -> bool {
        let authority = origin.as_bytes().strip_prefix(b"http://");
        authority.is_some_and(|authority| self.is_authority(authority))
    }

    fn is_host(self, host: &HeaderValue) -> bool {
        self.is_authority(host.as_bytes())
    }

    fn is_authority(self, text: &[u8]) -> bool {
        let Ok(authority) = Authority::try_from(text) else { return false };
        if authority.as_str().contains('@') || authority.port_u16().unwrap_or(80) != self.0.port() {
            return false;
        }
        let (host, ours) = (authority.host(), self.0.ip());
        let local = ours.is_loopback() || ours.is_unspecified();
        if host.eq_ignore_ascii_case("localhost") {
            return local;
        }
        // An address cannot be rebound: whoever names one knows where the request went.
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        bare.parse::<IpAddr>().is_ok_and(|named| {
            named.to_canonical() == ours.to_canonical() || (local && named.is_loopback()) || ours.is_unspecified()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_nobody_else_can_have_are_ours() {
        let check = |listen: &str, host: &str, ours: bool| {
            let own = OwnAddress(listen.parse().unwrap());
            assert_eq!(own.is_host(&HeaderValue::from_str(host).unwrap()), ours, "{host} at {listen}");
        };
        for host in ["127.0.0.1:8790", "localhost:8790", "LocalHost:8790", "[::1]:8790"] {
            check("127.0.0.1:8790", host, true);
            check("0.0.0.0:8790", host, true);
        }
        for host in
            ["evil.example:8790", "localhost:8791", "localhost", "127.0.0.1.evil.example:8790", "a@localhost:8790"]
        {
            check("127.0.0.1:8790", host, false);
        }
        check("127.0.0.1:80", "localhost", true);
        check("127.0.0.1:8790", "192.168.1.5:8790", false);
        check("0.0.0.0:8790", "192.168.1.5:8790", true);
        check("192.168.1.5:8790", "192.168.1.5:8790", true);
        check("192.168.1.5:8790", "localhost:8790", false);
    }
}
