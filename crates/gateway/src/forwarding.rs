//! Headers that proxies add: they reveal a proxy, and what they say about the client is worth nothing from a stranger.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

/// Beginnings of the header names of proxies, content networks and load balancers.
const VENDOR_PREFIXES: [&str; 25] = [
    "x-forwarded",
    "x-original-",
    "x-envoy-",
    "x-azure-",
    "x-amz-cf-",
    "x-amzn-",
    "x-arr-",
    "x-appengine-",
    "x-akamai-",
    "x-cluster-",
    "x-fastly-",
    "x-gateway-",
    "x-cloud-trace-",
    "x-goog-iap-",
    "x-nf-",
    "x-proxy",
    "x-sucuri-",
    "x-vercel-",
    "x-heroku-",
    "ngrok-",
    "akamai-",
    "cf-",
    "cloudfront-",
    "fastly-",
    "fly-",
];
/// Other header names of proxies.
const NAMES: [&str; 14] = [
    "forwarded",
    "via",
    "cdn-loop",
    "max-forwards",
    "x-host",
    "x-scheme",
    "x-url-scheme",
    "x-varnish",
    "x-rewrite-url",
    "x-request-start",
    "x-client",
    "front-end-https",
    "surrogate-capability",
    "proxy-client-ip",
];
/// Beginnings of the header names by which proxies name the person, or the certificate, that they authenticated.
const IDENTITY_PREFIXES: [&str; 16] = [
    "remote-user",
    "remote-email",
    "remote-groups",
    "remote-name",
    "x-remote-user",
    "x-remote-group",
    "x-remote-extra-",
    "x-authenticated-",
    "x-auth-request-",
    "x-authentik-",
    "x-goog-authenticated-user-",
    "x-ms-client-principal",
    "x-ssl-client-",
    "x-webauth-",
    "ssl-client-",
    "tailscale-",
];
/// Last words of header names that state the address of a client.
const ADDRESS_WORDS: [&str; 8] = ["ip", "ips", "addr", "address", "clientip", "remoteip", "socketip", "userip"];
/// Names that a proxy would not add, although they end like one of the names above.
const PREFIXES_OF_MCP: &str = "mcp-";

/// True if a request came through a proxy, by its headers.
#[must_use]
pub fn names_proxy(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| is_of_proxy(name.as_str()))
}

/// True for a header that only a proxy adds.
fn is_of_proxy(name: &str) -> bool {
    is_claim(name) || VENDOR_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}

/// True for a header that claims for whom, from where or under which name a proxy forwards a request. Any client can
/// send one, so the gateways do not forward it.
#[must_use]
pub fn is_forwarding(name: &HeaderName) -> bool {
    let name = name.as_str();
    is_claim(name)
        || matches!(
            name,
            "via" | "x-host" | "x-scheme" | "x-url-scheme" | "x-rewrite-url" | "x-client" | "front-end-https"
        )
}

/// The address of the client: the peer's, or behind a trusted proxy the last one in `X-Forwarded-For`. The client may
/// have forged the addresses before the last one.
#[must_use]
pub fn client_address(trust_proxy: bool, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        forwarded_address(last.rsplit(',').next()?)
    };
    if trust_proxy { forwarded().unwrap_or(peer.ip()) } else { peer.ip() }
}

/// An address in `X-Forwarded-For`. Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

fn is_claim(name: &str) -> bool {
    if name.starts_with(PREFIXES_OF_MCP) {
        return false;
    }
    let is_about_request = name.starts_with("x-forwarded") || name.starts_with("x-original-");
    let mut words = name.split(['-', '_']);
    let names_address =
        name.contains(['-', '_']) && words.clone().next_back().is_some_and(|last| ADDRESS_WORDS.contains(&last));
    let names_person = IDENTITY_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    is_about_request || names_person || names_address || words.any(|word| word.starts_with("forward"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_proxy_header_is_known() {
        for name in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded",
            "forwarded-for",
            "x-forwarded-client-cert",
            "x-forwarder-for",
            "x-original-forwarded-for",
            "x-original-url",
            "x-real-ip",
            "x-client-ip",
            "client-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "cf-connecting-ipv6",
            "cf-ray",
            "fastly-client-ip",
            "x-cluster-client-ip",
            "x-envoy-external-address",
            "x-envoy-internal",
            "x-remote-addr",
            "x-azure-clientip",
            "x-azure-socketip",
            "x-appengine-user-ip",
            "wl-proxy-client-ip",
            "cdn-loop",
            "x-amzn-trace-id",
            "x-varnish",
            "x-heroku-queue-depth",
            "ngrok-trace-id",
            "x-url-scheme",
            "tailscale-user-login",
            "remote-user",
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), "1".parse().unwrap())]);
            assert!(names_proxy(&headers), "{name}");
        }
    }

    #[test]
    fn headers_of_clients_are_not_those_of_proxies() {
        for name in [
            "host",
            "user-agent",
            "accept",
            "origin",
            "referer",
            "x-requested-with",
            "x-tooltip",
            "x-request-id",
            "mcp-session-id",
            "mcp-param-ip",
            "mcp-param-forwarded",
            "sec-fetch-site",
            "ip",
            "traceparent",
            "x-api-key",
            "connection",
        ] {
            let name = HeaderName::from_static(name);
            assert!(!is_of_proxy(name.as_str()) && !is_forwarding(&name), "{name}");
        }
    }

    #[test]
    fn claims_about_the_client_are_not_forwarded() {
        for name in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-real-ip",
            "true-client-ip",
            "remote-user",
            "x-remote-user",
            "tailscale-user-name",
            "x-goog-authenticated-user-email",
            "x-ssl-client-verify",
            "x-ms-client-principal",
            "x-ms-client-principal-name",
            "x-auth-request-email",
            "x-url-scheme",
        ] {
            assert!(is_forwarding(&HeaderName::from_static(name)), "{name}");
        }
        // signed by the proxy that authenticates people, and meant for the server
        for name in ["cf-access-jwt-assertion", "x-goog-iap-jwt-assertion", "x-amzn-trace-id"] {
            assert!(!is_forwarding(&HeaderName::from_static(name)), "{name}");
        }
    }

    #[test]
    fn forwarded_addresses_may_have_a_port() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1:4711 ", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:4711", Some("2001:db8::1")),
            ("\"[2001:db8::1]:4711\"", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("unknown", None),
            ("_hidden:1", None),
            ("192.0.2.1:x", None),
            ("", None),
        ] {
            assert_eq!(forwarded_address(text), expected.map(|address| address.parse().unwrap()), "{text}");
        }
    }
}
