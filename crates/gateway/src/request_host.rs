//! The host of a request: one `Host`, well-formed, and equal to that of an absolute request target (RFC 9112, section 3.2).

use std::net::Ipv6Addr;

use axum::http::{HeaderMap, Method, Uri, Version, header};

/// The reason to refuse a request whose host is ambiguous or malformed, as a sentence for its client. Proxies, caches and
/// the MCP server could take such a request for one to another host than the gateway does.
#[must_use]
pub fn host_problem(method: &Method, target: &Uri, version: Version, headers: &HeaderMap) -> Option<&'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Some("the request has more than one Host header; send one");
    }
    let parsed = match host {
        None if version >= Version::HTTP_11 => return Some("the request has no Host header; send one"),
        None => None,
        Some(host) => match host.to_str().ok().and_then(Host::parse) {
            None => return Some("the Host header is not a host name or an IP address, with or without a port"),
            parsed => parsed,
        },
    };
    // the authority of a CONNECT is another server, which no route has
    if method == Method::CONNECT {
        return None;
    }
    let authority = target.authority()?;
    let default_port = match target.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return Some("the request target is neither a path nor an http URL"),
    };
    let is_same = Host::parse(authority.as_str()).is_some_and(|target| {
        // without a Host header, which HTTP/1.0 does not require, the target names the only host
        parsed.is_none_or(|host| {
            target.has_name_of(&host) && target.port.unwrap_or(default_port) == host.port.unwrap_or(default_port)
        })
    });
    (!is_same).then_some("the request target names another host than the Host header; send the same one in both")
}

/// A host, and a port if it is stated.
#[derive(Debug, Clone, Copy)]
struct Host<'a> {
    name: &'a str,
    port: Option<u16>,
}

impl<'a> Host<'a> {
    /// Parses `name`, `address` or `[address]`, with or without a port. Stricter than the grammar of URIs, whose names may
    /// contain commas and other separators.
    fn parse(text: &'a str) -> Option<Self> {
        let name_length = match text.strip_prefix('[') {
            Some(rest) => {
                let length = rest.find(']')?;
                rest[..length].parse::<Ipv6Addr>().ok()?;
                length + 2
            }
            None => text.find(':').unwrap_or(text.len()),
        };
        let (name, rest) = text.split_at(name_length);
        if name.is_empty() || !name.starts_with('[') && !is_name(name) {
            return None;
        }
        let port = match rest.strip_prefix(':') {
            // an empty port is the default one
            Some("") => None,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { name, port })
    }

    /// True for the same name in any case, and for the same IPv6 address in any form.
    fn has_name_of(&self, other: &Self) -> bool {
        let address = |host: &Self| host.name.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
        self.name.eq_ignore_ascii_case(other.name)
            || address(self).is_some_and(|it| address(other).is_some_and(|other| it == other))
    }
}

/// True for the characters of host names, and for bytes as `%` and two hexadecimal digits.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_escape = byte == b'%'
            && bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())
            && bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        if !is_escape && !byte.is_ascii_alphanumeric() && !b"-._~".contains(&byte) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn problem(target: &str, version: Version, hosts: &[&str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        host_problem(&Method::GET, &target.parse().unwrap(), version, &headers)
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for host in [
            "localhost",
            "shop.example",
            "shop.example.",
            "my_service:8787",
            "xn--bcher-kva.example",
            "127.0.0.1:8787",
            "[::1]",
            "[2001:db8::1]:443",
            "localhost:",
            "a%2Db",
        ] {
            assert_eq!(problem("/", Version::HTTP_11, &[host]), None, "{host}");
        }
        for host in [
            "",
            " ",
            ":80",
            "a@b",
            "user:word@localhost",
            "localhost@",
            "@localhost",
            "localhost:80:80",
            "localhost:x",
            "localhost:80,evil.example",
            "localhost:65536",
            "localhost:-1",
            "localhost:+80",
            "local host",
            "localhost\tevil.example",
            "localhost/path",
            "localhost?query",
            "localhost#fragment",
            "localhost\\evil.example",
            "http://localhost",
            "a,b",
            "localhost;x",
            "a%2",
            "a%zz",
            "[::1",
            "::1",
            "[::1]x",
            "[::1]:x",
            "[localhost]",
            "[::1%25eth0]",
            "[]",
            "b\u{fc}cher.example",
            "\"localhost\"",
            "<a>",
            "*",
        ] {
            assert!(problem("/", Version::HTTP_11, &[host]).is_some(), "{host:?}");
        }
    }

    #[test]
    fn there_is_one_host_and_only_old_clients_may_leave_it_out() {
        assert!(problem("/", Version::HTTP_11, &["a", "b"]).is_some());
        assert!(problem("/", Version::HTTP_11, &["a", "a"]).is_some());
        assert!(problem("/", Version::HTTP_10, &["a", "b"]).is_some());
        assert!(problem("/", Version::HTTP_11, &[]).is_some());
        assert_eq!(problem("/", Version::HTTP_10, &[]), None);
    }

    #[test]
    fn an_absolute_target_names_the_same_host() {
        for (target, host) in [
            ("http://localhost:8787/mcp", "localhost:8787"),
            ("http://LOCALHOST/mcp", "localhost:80"),
            ("http://localhost:80/", "localhost"),
            ("https://shop.example", "shop.example:443"),
            ("http://[::1]:1/", "[::1]:1"),
            ("http://[::1]:1/", "[0:0:0:0:0:0:0:1]:1"),
            ("http://[2001:DB8:0::1]/", "[2001:db8::1]:80"),
        ] {
            assert_eq!(problem(target, Version::HTTP_11, &[host]), None, "{target} {host}");
        }
        for (target, host) in [
            ("http://evil.example/mcp", "localhost:8787"),
            ("http://localhost:8788/mcp", "localhost:8787"),
            ("http://localhost/mcp", "localhost:8787"),
            ("http://evil.example@localhost:8787/", "localhost:8787"),
            ("http://localhost:8787@evil.example/", "localhost:8787"),
            ("ftp://localhost:8787/", "localhost:8787"),
            ("localhost:8787", "localhost:8787"),
            ("http://[::2]:1/", "[::1]:1"),
        ] {
            assert!(problem(target, Version::HTTP_11, &[host]).is_some(), "{target} {host}");
        }
    }

    #[test]
    fn an_absolute_target_of_http_1_0_needs_no_host_header() {
        assert_eq!(problem("http://localhost/", Version::HTTP_10, &[]), None);
        assert_eq!(problem("http://[::1]:8787/", Version::HTTP_10, &[]), None);
        assert!(problem("http://localhost/", Version::HTTP_11, &[]).is_some());
        for target in ["http://user@localhost/", "http://a,b/", "ftp://localhost/"] {
            assert!(problem(target, Version::HTTP_10, &[]).is_some(), "{target}");
        }
        assert!(problem("http://localhost/", Version::HTTP_10, &["evil.example"]).is_some());
    }
}
