//! Access control: origins of pages, keys of senders, and the routes that only the operator may use.

mod browser;
mod forms;
mod guesses;
mod host;
mod operator;
mod origin;
mod proxy;

pub(crate) use forms::FormSecret;
pub(crate) use guesses::Guesses;
pub(crate) use host::refuse_ambiguous_host;
pub(crate) use operator::{has_operator_token, require_operator};
pub(crate) use origin::{RequestOrigin, preflight, require_own_host};
pub(crate) use proxy::{ProxySign, look_for_proxy};

use std::net::{IpAddr, SocketAddr};

use autoheal_contract::RefusalCode;
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_gateway::forwarding;
use autoheal_prepare::validate::{Client, Sender};
use axum::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// The project of a public key; the default project without a key.
pub(crate) fn project<'a>(state: &'a AppState, key: Option<&str>, address: IpAddr) -> ApiResult<&'a str> {
    let Some(key) = key else { return Ok(DEFAULT_PROJECT) };
    let keys = &state.config.project_keys;
    let mut project = None;
    let is_key = |guess: &str| {
        let found = keys.iter().find(|key| Sha256::digest(&key.key) == Sha256::digest(guess));
        project = found.map(|key| key.project.as_str());
        project.is_some()
    };
    let is_shared = state.proxy.hides_clients(&state.config, address);
    if !keys.is_empty() {
        state.project_guesses.compare(address, is_shared, key, is_key)?;
    }
    project.ok_or_else(|| ApiError::new(RefusalCode::UnknownKey, "unknown project key; check `key`, or leave it out"))
}

/// The trust in a sender, and the client that it counts as. A wrong key is an error, because accepting the report as
/// anonymous would hide the mistake.
pub(crate) fn sender(state: &AppState, headers: &HeaderMap, address: IpAddr) -> ApiResult<(Sender, Client)> {
    let Some(token) = bearer(headers) else { return Ok((Sender::Anonymous, Client::network(address))) };
    let keys = &state.config.sender_keys;
    let is_key = |token: &str| keys.iter().any(|key| same_secret(key, token));
    let is_shared = state.proxy.hides_clients(&state.config, address);
    // without keys there is nothing to guess
    if !keys.is_empty() && state.sender_guesses.compare(address, is_shared, token, is_key)? {
        let mut hash = [0; 8];
        hash.copy_from_slice(&Sha256::digest(token)[..8]);
        return Ok((Sender::Keyed, Client::Key(hash)));
    }
    Err(ApiError::new(RefusalCode::UnknownKey, "unknown sender key; check AUTOHEAL_KEY on both sides"))
}

/// The address of the client, as the proxy names it if it is trusted.
pub(crate) fn client_address(config: &Config, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    forwarding::client_address(config.trust_proxy, peer, headers)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Compares hashes, so that the duration does not reveal how much of a guess is right.
fn same_secret(secret: &SecretString, guess: &str) -> bool {
    Sha256::digest(secret.expose_secret()) == Sha256::digest(guess)
}
