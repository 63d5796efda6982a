//! Access to the operator's routes: by the operator token, or from this machine without a proxy.

use std::net::SocketAddr;

use std::sync::Arc;

use autoheal_contract::RefusalCode;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

use super::{bearer, same_secret};
use crate::config::Config;
use crate::error::ApiError;
use crate::state::AppState;

/// Headers that proxies add, in addition to `X-Forwarded-*`.
const PROXY_HEADERS: [&str; 3] = ["forwarded", "x-real-ip", "via"];

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Middleware of the operator's routes. Refuses clients without access.
pub(crate) async fn require_operator(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let token = state.config.operator_token.as_ref();
    if has_operator_token(&state.config, headers) || (!behind_proxy(&state.config) && is_local(peer, headers)) {
        return next.run(request).await;
    }
    let message = if token.is_some() {
        "only the operator may open this: send AUTOHEAL_OPERATOR_TOKEN as a bearer token, or enter it as the password"
    } else {
        "only the operator may open this: use http://localhost on the machine itself, or set AUTOHEAL_OPERATOR_TOKEN"
    };
    ApiError::new(RefusalCode::OperatorOnly, message).into_response()
}

/// True if the request carries the operator's token.
pub(crate) fn has_operator_token(config: &Config, headers: &HeaderMap) -> bool {
    let token = config.operator_token.as_ref();
    token.is_some_and(|token| token_in(headers).is_some_and(|guess| same_secret(token, &guess)))
}

/// True if a proxy is configured. A proxy on this machine may forward a stranger's request without any proxy header, so
/// the address of a local peer proves nothing.
fn behind_proxy(config: &Config) -> bool {
    let public_url = config.public_url.as_ref().and_then(|url| url.as_str().split_once("://"));
    config.trust_proxy || public_url.is_some_and(|(_, host)| !is_loopback_host(host))
}

/// The bearer token, or the password of Basic authentication, for which browsers have a dialog.
fn token_in(headers: &HeaderMap) -> Option<String> {
    if let Some(token) = bearer(headers) {
        return Some(token.to_owned());
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = decode_base64(value.strip_prefix("Basic ")?)?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

/// Decodes Base64 with any number of padding characters, and with any bits after the last byte.
fn decode_base64(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text.trim_end_matches('=')).ok()?).ok()
}

/// True if a loopback peer requested a loopback host without a proxy. A page whose host name resolves to 127.0.0.1 (DNS
/// rebinding) requests that host name instead.
fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    peer.ip().to_canonical().is_loopback()
        && is_loopback_host(host)
        && !headers
            .keys()
            .any(|name| PROXY_HEADERS.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-"))
}

pub(super) fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_addresses_are_loopback() {
        for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:1", "127.9.9.9", "[::1]:8787"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[::2]"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn base64_is_decoded_with_and_without_padding() {
        assert_eq!(decode_base64("YTpi").as_deref(), Some("a:b"));
        for padding in ["", "=", "==", "==="] {
            assert_eq!(decode_base64(&format!("YTpiYw{padding}")).as_deref(), Some("a:bc"), "padding {padding:?}");
        }
        assert_eq!(decode_base64("YTpiYx").as_deref(), Some("a:bc"), "bits after the last byte are ignored");
        assert_eq!(decode_base64("/+8"), None, "not UTF-8");
        for malformed in ["!", "YTpi YTpi", "YT=i", "YTpi\n", "-_"] {
            assert_eq!(decode_base64(malformed), None, "{malformed:?}");
        }
    }
}
