//! The operator's routes: a token, or this very machine and nothing in between.

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

/// Any of these says that somebody stands between the peer and the person; so does every `X-Forwarded-*`.
const FORWARDED: [&str; 3] = ["forwarded", "x-real-ip", "via"];

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Lets only the operator pass.
pub(crate) async fn require_operator(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let token = state.config.operator_token.as_ref();
    if shows_operator_token(&state.config, headers) || (!behind_proxy(&state.config) && is_local(peer, headers)) {
        return next.run(request).await;
    }
    let message = if token.is_some() {
        "this page is the operator's: send AUTOHEAL_OPERATOR_TOKEN as a bearer, or as the password when asked"
    } else {
        "this page is the operator's: open it on the machine itself by localhost, or set AUTOHEAL_OPERATOR_TOKEN"
    };
    ApiError::new(RefusalCode::OperatorOnly, message).into_response()
}

/// Whether the request carries the operator's token.
pub(crate) fn shows_operator_token(config: &Config, headers: &HeaderMap) -> bool {
    let token = config.operator_token.as_ref();
    token.is_some_and(|token| shown_token(headers).is_some_and(|shown| same_secret(token, &shown)))
}

/// A proxy on this machine may forward strangers without a word of it: where one is configured, being local says nothing.
fn behind_proxy(config: &Config) -> bool {
    let public = config.public_url.as_ref().and_then(|public| public.as_str().split_once("://"));
    config.trust_proxy || public.is_some_and(|(_, host)| !is_loopback_host(host))
}

/// The token as a bearer, or as the password of Basic authentication, which every browser can ask for.
fn shown_token(headers: &HeaderMap) -> Option<String> {
    if let Some(token) = bearer(headers) {
        return Some(token.to_owned());
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = decode_base64(value.strip_prefix("Basic ")?)?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

/// Decodes Base64 with any number of padding characters, and with any bits behind the last byte.
fn decode_base64(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text.trim_end_matches('=')).ok()?).ok()
}

/// A loopback peer that named a loopback host. A page that rebinds its name to 127.0.0.1 names its own host.
fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    peer.ip().to_canonical().is_loopback()
        && is_loopback_host(host)
        && !headers.keys().any(|name| FORWARDED.contains(&name.as_str()) || name.as_str().starts_with("x-forwarded-"))
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
    fn only_loopback_names_are_loopback() {
        for host in ["localhost", "LOCALHOST:8787", "127.0.0.1:1", "127.9.9.9", "[::1]:8787"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[::2]"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn passwords_are_decoded() {
        assert_eq!(decode_base64("YTpi").as_deref(), Some("a:b"));
        for padding in ["", "=", "==", "==="] {
            assert_eq!(decode_base64(&format!("YTpiYw{padding}")).as_deref(), Some("a:bc"), "padding {padding:?}");
        }
        assert_eq!(decode_base64("YTpiYx").as_deref(), Some("a:bc"), "bits behind the last byte are ignored");
        assert_eq!(decode_base64("/+8"), None, "not UTF-8");
        for malformed in ["!", "YTpi YTpi", "YT=i", "YTpi\n", "-_"] {
            assert_eq!(decode_base64(malformed), None, "{malformed:?}");
        }
    }
}
