//! Removes the headers that belong to a single connection.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of one connection, even if `Connection` does not name them. `Trailer` is not one of them: the trailers it
/// announces are forwarded.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The headers that are forwarded, in their order. Hop-by-hop headers and those selected by `drop` are removed.
pub(super) fn end_to_end(headers: HeaderMap, drop: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    if !headers.keys().any(|name| HOP_BY_HOP.contains(name) || drop(name)) {
        return headers;
    }
    let named = named_by_connection(&headers);
    // A `Content-Length` beside `Transfer-Encoding` is invalid.
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    // `HeaderMap::remove` changes the order of the other headers.
    let mut forwarded = HeaderMap::with_capacity(headers.keys_len());
    let mut current = None;
    for (name, value) in headers {
        // Only the first value of a repeated header has a name.
        if let Some(name) = name {
            let invalid_length = chunked && name == header::CONTENT_LENGTH;
            let dropped = invalid_length || HOP_BY_HOP.contains(&name) || named.contains(&name) || drop(&name);
            current = (!dropped).then_some(name);
        }
        if let Some(name) = &current {
            forwarded.append(name, value);
        }
    }
    forwarded
}

/// The headers that `Connection` names. `Content-Length` and `Host` are never among them, because their removal would
/// break the message.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let tokens = headers.get_all(header::CONNECTION).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let names = tokens.flat_map(|value| value.split(',')).map(str::trim);
    names
        .filter(|name| !name.eq_ignore_ascii_case("keep-alive") && !name.eq_ignore_ascii_case("close"))
        .filter_map(|name| name.parse::<HeaderName>().ok())
        .filter(|name| *name != header::CONTENT_LENGTH && *name != header::HOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hop_by_hop_headers_are_removed_and_the_rest_keeps_its_order() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "a"),
            ("connection", "keep-alive, X-Hop"),
            ("x-one", "1"),
            ("keep-alive", "timeout=5"),
            ("x-hop", "2"),
            ("x-two", " 3 , 4"),
            ("te", "trailers"),
            ("x-one", "5"),
            ("cookie", "6"),
            ("mcp-session-id", "7"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let forwarded = end_to_end(headers, |name| *name == header::COOKIE);
        let forwarded: Vec<_> =
            forwarded.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        assert_eq!(forwarded, ["host: a", "x-one: 1", "x-one: 5", "x-two:  3 , 4", "mcp-session-id: 7"]);
    }
}
