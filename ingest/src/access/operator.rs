//! Access to the operator's routes: by the operator token, or without one from this machine if no proxy is in front.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

use super::browser::require_person;
use super::{bearer, client_address, same_secret};
use crate::config::Config;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Middleware of the operator's routes. Refuses clients without access, and everything in a browser except pages that a
/// person opens.
pub(crate) async fn require_operator(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let allowed = require_person(&state.config, request.uri().path(), request.headers())
        .and_then(|()| require_access(&state, peer, request.headers()));
    match allowed {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Refuses clients without access: with a token configured, all without it; otherwise all from elsewhere.
fn require_access(state: &AppState, peer: SocketAddr, headers: &HeaderMap) -> ApiResult<()> {
    let config = &state.config;
    let refused = |message| Err(ApiError::new(RefusalCode::OperatorOnly, message));
    if config.operator_tokens.is_empty() {
        if state.proxy.is_in_front(config) {
            return refused(
                "only the operator may open this, and a proxy is in front of this service, so that its clients look local: \
                 set AUTOHEAL_OPERATOR_TOKEN and start the service again",
            );
        }
        if is_local(peer, headers) {
            return Ok(());
        }
        return refused(
            "only the operator may open this: use http://localhost on the machine itself, or set AUTOHEAL_OPERATOR_TOKEN",
        );
    }
    if let Some(guess) = token_in(headers) {
        let client = client_address(config, peer, headers);
        let is_shared = state.proxy.hides_clients(config, client);
        if state.operator_guesses.compare(client, is_shared, &guess, |guess| is_operator_token(config, guess))? {
            return Ok(());
        }
    }
    refused(
        "only the operator may open this: send AUTOHEAL_OPERATOR_TOKEN as a bearer token, or enter it as the password",
    )
}

/// True if a request to another server carries the operator's token, which must not reach that server. An error after too
/// many different tokens of the client, because what the server receives would reveal the right one.
pub(crate) fn has_operator_token(state: &AppState, client: IpAddr, headers: &HeaderMap) -> ApiResult<bool> {
    let config = &state.config;
    if config.operator_tokens.is_empty() {
        return Ok(false);
    }
    let Some(token) = token_in(headers) else { return Ok(false) };
    let is_shared = state.proxy.hides_clients(config, client);
    match state.forwarded_guesses.compare(client, is_shared, &token, |token| is_operator_token(config, token)) {
        // many clients share this address, so it sends many tokens of the other server
        Err(_) if is_shared => Ok(false),
        compared => Ok(compared?),
    }
}

fn is_operator_token(config: &Config, guess: &str) -> bool {
    config.operator_tokens.iter().any(|token| same_secret(token, guess))
}

/// The bearer token, or the password of Basic authentication, for which browsers have a dialog.
fn token_in(headers: &HeaderMap) -> Option<String> {
    if let Some(token) = bearer(headers) {
        return Some(token.to_owned());
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let decoded = decode_base64(scheme.eq_ignore_ascii_case("basic").then_some(credentials.trim())?)?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

/// Decodes Base64 with any number of padding characters, and with any bits after the last byte.
fn decode_base64(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text.trim_end_matches('=')).ok()?).ok()
}

/// True if a loopback peer requested a loopback host. A page whose host name resolves to 127.0.0.1 (DNS rebinding)
/// requests that host name instead.
fn is_local(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    peer.ip().to_canonical().is_loopback() && is_loopback_host(host)
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
