//! The values that are addresses and URLs.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};

use autoheal_gateway::{Origin, Upstream};

/// The problem with an address of multicast or broadcast.
const MANY: &str = "is an address of many machines at once, on which no connection can be made";

/// Parses `127.0.0.1:8787`, an address of one machine, or `localhost:8787`, which means the same. Other names are refused,
/// because they can stand for addresses that others reach.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = "is not an IP address with a port; write it like 127.0.0.1:8790, or [::1]:8790";
    let text = text.trim();
    let is_local = |name: &str| name.eq_ignore_ascii_case("localhost");
    // not resolved, because the hosts file may name an address that others reach
    let port = text.rsplit_once(':').filter(|(name, _)| is_local(name)).map(|(_, port)| format!("127.0.0.1:{port}"));
    let address: SocketAddr = port.as_deref().unwrap_or(text).parse().map_err(|_| wrong.to_owned())?;
    if reaches_many(address.ip().to_canonical()) {
        return Err(format!("{MANY}; to listen on all addresses of this machine, write 0.0.0.0 or [::]"));
    }
    Ok(address)
}

/// True for an address of multicast or broadcast.
fn reaches_many(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    address.is_multicast() || is_broadcast
}

/// The IP address in a URL that has one in place of a name.
fn host_address(url: &Upstream) -> Option<IpAddr> {
    let host = url.url().host()?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// True if a URL leads to the address on which this process will listen, by any name and address of this machine. A name is
/// resolved only if the port is the same.
pub(crate) fn is_own_address(url: &Upstream, listen: SocketAddr) -> bool {
    let scheme_port = if url.url().scheme_str() == Some("https") { 443 } else { 80 };
    let port = url.url().port_u16().unwrap_or(scheme_port);
    if listen.port() != port {
        return false;
    }
    let own = listen.ip().to_canonical();
    let is_own = |address: IpAddr| {
        // the system connects to loopback in place of the unspecified address
        let is_here = address.is_loopback() || address.is_unspecified();
        match own.is_unspecified() {
            true => is_here || UdpSocket::bind((address, 0)).is_ok(),
            false => address == own || address.is_unspecified() && own.is_loopback(),
        }
    };
    let resolved = || {
        let host = url.url().host().unwrap_or_default();
        (host, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>).unwrap_or_default()
    };
    match host_address(url) {
        Some(address) => is_own(address),
        None => resolved().into_iter().any(|address| is_own(address.ip().to_canonical())),
    }
}

/// The URL, if it has http or https, a host, and neither credentials nor a fragment.
fn web_url(text: &str) -> Option<Upstream> {
    let upstream = Upstream::parse(text)?;
    let authority = upstream.url().authority()?;
    let host = authority.host();
    let is_name = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().all(allowed)
    };
    let is_host = host.starts_with('[') || host.trim_end_matches('.').split('.').all(is_name);
    // A port that is no number would be ignored.
    let is_port = authority.as_str().len() == host.len() || authority.port_u16().is_some_and(|port| port > 0);
    (is_host && is_port && !text.contains('#')).then_some(upstream)
}

/// An origin, without a path. A trailing slash is no path.
pub(crate) fn origin(text: &str) -> Result<Origin, String> {
    let is_origin = |upstream: &Upstream| {
        let url = upstream.url();
        matches!(url.path(), "" | "/") && url.query().is_none()
    };
    let origin = web_url(text).filter(is_origin).and_then(|_| Origin::parse(text));
    origin.ok_or_else(|| "is not an origin; write it like https://shop.example, without a path and a user".to_owned())
}

/// The origin at which browsers reach the service.
pub(crate) fn public_url(text: &str) -> Result<Origin, String> {
    let parsed = origin(text)?;
    let address = web_url(text).as_ref().and_then(host_address);
    match address {
        Some(address) if address.is_unspecified() => {
            Err("stands for all addresses of a machine; name the one that browsers use".to_owned())
        }
        Some(address) if reaches_many(address) => Err(format!("{MANY}; name the one that browsers use")),
        _ => Ok(parsed),
    }
}

/// The URL of an MCP server.
pub(crate) fn upstream(text: &str) -> Result<Upstream, String> {
    let wrong = "is not an http:// or https:// URL without credentials and fragment; write it like \
                 http://127.0.0.1:9000/mcp, and send credentials in a header";
    web_url(text).ok_or_else(|| wrong.to_owned())
}

/// The base URL of a service or an API.
fn base_url(text: &str, example: &str) -> Result<String, String> {
    let url = web_url(text).filter(|upstream| upstream.url().query().is_none());
    let wrong = || format!("is not an http:// or https:// URL without credentials and query; write it like {example}");
    url.map(|_| text.trim().to_owned()).ok_or_else(wrong)
}

/// The URL of a directory of bundles; `~/` stands for any host.
pub(crate) fn url_prefix(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_prefix = text.starts_with("~/") || web_url(text).is_some_and(|url| url.url().query().is_none());
    let wrong =
        "is neither an http:// or https:// URL nor begins with ~/; write it like https://cdn.example/shop/ or ~/shop/";
    is_prefix.then(|| text.to_owned()).ok_or_else(|| wrong.to_owned())
}

/// The base URL of an autoheal service.
pub(crate) fn service_url(text: &str) -> Result<String, String> {
    base_url(text, "https://errors.example")
}

/// The base URL of GitHub's API.
pub(crate) fn api_url(text: &str) -> Result<String, String> {
    let url = base_url(text, "https://github.example/api/v3")?;
    let host = web_url(&url).and_then(|url| url.url().host().map(str::to_ascii_lowercase));
    if matches!(host.as_deref(), Some("github.com" | "www.github.com")) {
        return Err("is a page for people; the API of github.com is https://api.github.com".to_owned());
    }
    let is_encrypted = web_url(&url).is_some_and(|url| url.url().scheme_str() == Some("https"));
    let is_loopback = host.as_deref() == Some("localhost")
        || web_url(&url).as_ref().and_then(host_address).is_some_and(|address| address.is_loopback());
    if !is_encrypted && !is_loopback {
        return Err("would send the token over the network in clear text; use https://".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_address_is_recognized_in_every_spelling() {
        for (listen, url, expected) in [
            ("127.0.0.1:8787", "http://127.0.0.1:8787/mcp", true),
            ("127.0.0.1:8787", "http://localhost:8787", true),
            ("127.0.0.1:8787", "http://LOCALHOST:8787/x?a=b", true),
            ("127.0.0.1:8787", "http://0.0.0.0:8787", true),
            ("127.0.0.1:8787", "http://127.1:8787", true),
            ("127.0.0.1:8787", "http://[::ffff:127.0.0.1]:8787", true),
            ("127.0.0.1:80", "http://localhost", true),
            ("127.0.0.1:443", "https://127.0.0.1", true),
            ("0.0.0.0:8787", "http://127.0.0.1:8787", true),
            ("0.0.0.0:8787", "http://127.0.0.9:8787", true),
            ("[::]:8787", "http://localhost:8787", true),
            ("[::]:8787", "http://[::1]:8787", true),
            ("[::1]:8787", "http://[::1]:8787", true),
            ("127.0.0.1:8787", "http://127.0.0.1:8788", false),
            ("127.0.0.1:8787", "http://127.0.0.2:8787", false),
            ("127.0.0.1:8787", "http://203.0.113.9:8787", false),
            ("0.0.0.0:8787", "http://203.0.113.9:8787", false),
            ("127.0.0.1:0", "http://127.0.0.1:9000", false),
            ("127.0.0.1:8787", "https://127.0.0.1", false),
        ] {
            let url = Upstream::parse(url).unwrap();
            assert_eq!(is_own_address(&url, listen.parse().unwrap()), expected, "{} at {listen}", url.url());
        }
    }
}
