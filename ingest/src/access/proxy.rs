//! `ProxySign`: remembers whether a proxy is in front of the service, because its clients then look local.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use autoheal_gateway::forwarding::names_proxy;
use axum::extract::Request;
use axum::http::Version;

use crate::config::Config;
use crate::state::AppState;

/// Whether a request has come through a proxy since the start. One proxy may forward other requests without any sign.
#[derive(Debug, Default)]
pub(crate) struct ProxySign(AtomicBool);

impl ProxySign {
    /// True if a proxy is configured, or was seen.
    pub(super) fn is_in_front(&self, config: &Config) -> bool {
        config.trust_proxy || config.public_url.is_some() || self.0.load(Ordering::Relaxed)
    }

    /// True if many clients share this address, because a proxy in front of the service is not trusted to name them.
    pub(super) fn hides_clients(&self, config: &Config, address: IpAddr) -> bool {
        let is_near = match address.to_canonical() {
            IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
            IpAddr::V6(address) => {
                address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
            }
        };
        // a public URL says that a proxy is in front, although it may show no sign
        is_near && !config.trust_proxy && (config.public_url.is_some() || self.0.load(Ordering::Relaxed))
    }
}

/// Looks for the signs of a proxy in a request.
pub(crate) fn look_for_proxy(state: &AppState, peer: SocketAddr, request: &Request) {
    // browsers send HTTP/1.1; nginx 1.22 sends HTTP/1.0 by default, without any header of its own
    let has_sign = request.version() < Version::HTTP_11 || names_proxy(request.headers());
    // probes of the health are no clients of a proxy, and some send HTTP/1.0
    let is_proxied = has_sign && !matches!(request.uri().path(), "/healthz" | "/readyz");
    if is_proxied && !state.proxy.0.swap(true, Ordering::Relaxed) && state.config.operator_tokens.is_empty() {
        tracing::warn!(%peer, "a request came through a proxy; the dashboard is closed until AUTOHEAL_OPERATOR_TOKEN is set");
    }
}
