//! Which headers belong to one connection only, and so end at the gateway.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers of one connection, whatever `Connection` names. `Trailer` is none: it announces what comes behind the body.
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

/// What goes on to the other side, values and order as they were.
pub(super) fn end_to_end(headers: HeaderMap, drop: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    if !headers.keys().any(|name| HOP_BY_HOP.contains(name) || drop(name)) {
        return headers;
    }
    let named = named_by_connection(&headers);
    // In front of chunks it is no length, and they are gone.
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    // Removing one by one would change the order of the others.
    let mut kept = HeaderMap::with_capacity(headers.keys_len());
    let mut last = None;
    for (name, value) in headers {
        // A repeated header has its name at the first value only.
        if let Some(name) = name {
            let no_length = chunked && name == header::CONTENT_LENGTH;
            let ends_here = no_length || HOP_BY_HOP.contains(&name) || named.contains(&name) || drop(&name);
            last = (!ends_here).then_some(name);
        }
        if let Some(name) = &last {
            kept.append(name, value);
        }
    }
    kept
}

/// The headers that `Connection` declares to be of this connection; what frames the message never is.
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
    fn what_is_of_the_connection_stays_and_the_rest_keeps_its_order() {
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
        let kept = end_to_end(headers, |name| *name == header::COOKIE);
        let kept: Vec<_> = kept.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        assert_eq!(kept, ["host: a", "x-one: 1", "x-one: 5", "x-two:  3 , 4", "mcp-session-id: 7"]);
    }
}
