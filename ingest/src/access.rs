//! Who may do what: origins for pages, keys for senders, the operator's routes for the operator alone.

mod operator;
mod origin;

pub(crate) use operator::{require_operator, shows_operator_token};
pub(crate) use origin::{Page, answer_preflight, require_own_host};

use std::net::{IpAddr, SocketAddr};

use autoheal_contract::RefusalCode;
use autoheal_prepare::validate::{DEFAULT_PROJECT, Sender};
use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::error::{ApiError, ApiResult};

/// The project a public key routes to.
pub(crate) fn project<'a>(config: &'a Config, key: Option<&str>) -> ApiResult<&'a str> {
    let Some(key) = key else { return Ok(DEFAULT_PROJECT) };
    let found = config.project_keys.iter().find(|known| known.key == key);
    found.map(|known| known.project.as_str()).ok_or_else(|| {
        ApiError::new(RefusalCode::UnknownKey, "this project key is unknown; check `key`, or leave it out")
    })
}

/// How far the sender is known. A key that is wrong is refused, so that a misconfigured sender hears of it.
pub(crate) fn sender(config: &Config, headers: &HeaderMap) -> ApiResult<Sender> {
    let Some(token) = bearer(headers) else { return Ok(Sender::Anonymous) };
    if config.sender_keys.iter().any(|key| same_secret(key, token)) {
        return Ok(Sender::Keyed);
    }
    Err(ApiError::new(RefusalCode::UnknownKey, "this sender key is unknown; check AUTOHEAL_KEY on both sides"))
}

/// The peer, or behind a trusted proxy the last address it added. Anything before that is the sender's own claim.
pub(crate) fn client_address(config: &Config, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    if config.trust_proxy { forwarded().unwrap_or(peer.ip()) } else { peer.ip() }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Compares hashes, so that the time it takes tells nothing of how far a guess was right.
fn same_secret(secret: &SecretString, guess: &str) -> bool {
    Sha256::digest(secret.expose_secret()) == Sha256::digest(guess)
}
