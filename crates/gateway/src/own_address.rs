//! Replaces a `Host` or `Origin` that names the gateway by that of the upstream. Other values are forwarded, so that
//! the upstream can refuse them.

use std::net::{IpAddr, SocketAddr};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};

use super::upstream::Upstream;

/// The address on which the gateway listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnAddress(pub(super) SocketAddr);

impl OwnAddress {
    /// Replaces the gateway's own names by those of the upstream. Another host name, which a page can make resolve to
    /// this address (DNS rebinding), stays, so that the upstream can refuse it.
    pub(super) fn replace(self, headers: &mut HeaderMap, upstream: &Upstream) {
        if self.is_own_origin(headers) {
            headers.insert(header::ORIGIN, upstream.origin().clone());
        }
        if self.is_own_host(headers) {
            headers.insert(header::HOST, upstream.host().clone());
        }
    }

    /// True if the `Host` names the gateway, or if there is none.
    pub(super) fn is_own_host(self, headers: &HeaderMap) -> bool {
        headers.get(header::HOST).is_none_or(|host| self.is_authority(host.as_bytes()))
    }

    /// True if the request comes from a page of this address. A gateway that listens on all addresses has no list of
    /// them, so there the origin must also equal the `Host`.
    pub(super) fn is_own_origin(self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return false };
        let Some(authority) = origin.as_bytes().strip_prefix(b"http://") else { return false };
        let equals_host =
            || headers.get(header::HOST).is_some_and(|host| host.as_bytes().eq_ignore_ascii_case(authority));
        self.is_authority(authority) && (!self.0.ip().is_unspecified() || equals_host())
    }

    fn is_authority(self, text: &[u8]) -> bool {
        let Ok(authority) = Authority::try_from(text) else { return false };
        if authority.as_str().contains('@') || authority.port_u16().unwrap_or(80) != self.0.port() {
            return false;
        }
        let (host, own) = (authority.host(), self.0.ip());
        let local = own.is_loopback() || own.is_unspecified();
        if host.eq_ignore_ascii_case("localhost") {
            return local;
        }
        // Unlike a name, an IP address cannot be rebound by a page.
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        bare.parse::<IpAddr>().is_ok_and(|address| {
            address.to_canonical() == own.to_canonical() || (local && address.is_loopback()) || own.is_unspecified()
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_local_names_and_own_ip_addresses_name_the_gateway() {
        let check = |listen: &str, host: &str, expected: bool| {
            let own = OwnAddress(listen.parse().unwrap());
            assert_eq!(own.is_authority(host.as_bytes()), expected, "{host} at {listen}");
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
    fn the_origin_of_another_machine_is_not_replaced() {
        let upstream = Upstream::parse("http://127.0.0.1:3001/mcp").unwrap();
        let check = |listen: &str, host: &str, origin: &str, replaced: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
            OwnAddress(listen.parse().unwrap()).replace(&mut headers, &upstream);
            assert_eq!(headers[header::ORIGIN] == "http://127.0.0.1:3001", replaced, "{origin} to {host} at {listen}");
        };
        check("127.0.0.1:8790", "localhost:8790", "http://127.0.0.1:8790", true);
        check("127.0.0.1:8790", "localhost:8790", "http://203.0.113.9:8790", false);
        // A gateway that listens on all addresses does not own every address with its port.
        check("0.0.0.0:8790", "192.168.1.5:8790", "http://192.168.1.5:8790", true);
        check("[::]:8790", "localhost:8790", "http://LOCALHOST:8790", true);
        check("0.0.0.0:8790", "localhost:8790", "http://203.0.113.9:8790", false);
        check("0.0.0.0:8790", "192.168.1.5:8790", "http://localhost:8790", false);
    }
}
