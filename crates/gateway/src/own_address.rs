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
        if self.is_from_here(headers) {
            headers.insert(header::ORIGIN, upstream.origin().clone());
        }
        if headers.get(header::HOST).is_none_or(|host| self.is_host(host)) {
            headers.insert(header::HOST, upstream.host().clone());
        }
    }

    /// Whether the page that asks came from here. Where we listen at every address, any machine's may look like ours:
    /// ours is the one that the request was sent to.
    pub(super) fn is_from_here(self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return false };
        let Some(authority) = origin.as_bytes().strip_prefix(b"http://") else { return false };
        let sent_to = || headers.get(header::HOST).is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority));
        self.is_authority(authority) && (!self.0.ip().is_unspecified() || sent_to())
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

    #[test]
    fn pages_of_another_machine_are_not_ours() {
        let upstream = Upstream::parse("http://127.0.0.1:3001/mcp").unwrap();
        let check = |listen: &str, host: &str, origin: &str, ours: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            OwnAddress(listen.parse().unwrap()).replace(&mut headers, &upstream);
            assert_eq!(headers[header::ORIGIN] == "http://127.0.0.1:3001", ours, "{origin} to {host} at {listen}");
        };
        check("127.0.0.1:8790", "localhost:8790", "http://127.0.0.1:8790", true);
        check("127.0.0.1:8790", "localhost:8790", "http://203.0.113.9:8790", false);
        // Whoever listens everywhere is not everybody with that port.
        check("0.0.0.0:8790", "192.168.1.5:8790", "http://192.168.1.5:8790", true);
        check("[::]:8790", "localhost:8790", "http://LOCALHOST:8790", true);
        check("0.0.0.0:8790", "localhost:8790", "http://203.0.113.9:8790", false);
        check("0.0.0.0:8790", "192.168.1.5:8790", "http://localhost:8790", false);
    }
}
