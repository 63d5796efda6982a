//! Which pages may send: our own, allowed ones, and whoever is no page at all.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::operator::is_loopback_host;
use crate::config::Config;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use autoheal_gateway::Origin;

/// How long browsers may remember a preflight, in seconds; Chromium takes two hours at most.
const PREFLIGHT_SECONDS: &str = "7200";

/// The page a request comes from, if it comes from one.
pub(crate) struct Page {
    origin: Option<HeaderValue>,
}

impl Page {
    /// Reads the `Origin`.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { origin: headers.get(header::ORIGIN).cloned() }
    }

    /// Refuses pages of other sites, and `null`, which sandboxed frames of any site carry.
    pub(crate) fn require(&self, config: &Config, headers: &HeaderMap) -> ApiResult<()> {
        let Some(origin) = &self.origin else { return Ok(()) };
        let origin = origin.to_str().ok().and_then(Origin::parse);
        if origin.as_ref().is_some_and(|origin| is_own(origin, config, headers) || config.allow_origin.contains(origin))
        {
            return Ok(());
        }
        let message = "pages of this origin may not send here; the operator allows it with --allow-origin";
        Err(ApiError::new(RefusalCode::ForbiddenOrigin, message))
    }

    /// Whether there is no page, or it hides where it is from.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.origin.is_none()
    }

    /// What its answers are opened to.
    pub(crate) fn into_origin(self) -> Option<HeaderValue> {
        self.origin
    }

    /// Lets the page read the answer, whatever it is: a refusal nobody can read helps nobody.
    pub(crate) fn may_read(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        }
        response
    }
}

/// Refuses a host name that is not ours: a page that rebinds its name to our address is same-origin with itself, and only
/// its Host gives it away. An address cannot be rebound.
pub(crate) fn require_own_host(config: &Config, headers: &HeaderMap) -> ApiResult<()> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let public = config.public_url.as_ref().and_then(|public| public.as_str().split_once("://"));
    let own = public.is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
    if own || is_loopback_host(host) || host.parse::<SocketAddr>().is_ok() || host.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let message = "this host name is not ours; behind a proxy, set AUTOHEAL_PUBLIC_URL to the address people use";
    Err(ApiError::new(RefusalCode::ForbiddenOrigin, message))
}

/// Our own origin is the configured one, else the host the request was sent to.
fn is_own(origin: &Origin, config: &Config, headers: &HeaderMap) -> bool {
    if let Some(public) = &config.public_url {
        return origin == public;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    ["http", "https"].iter().any(|scheme| Origin::parse(&format!("{scheme}://{host}")).as_ref() == Some(origin))
}

/// `OPTIONS`: what a browser asks before it sends JSON to another origin.
pub(crate) async fn answer_preflight(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let page = Page::of(&headers);
    let response = match page.require(&state.config, &headers) {
        Ok(()) => {
            let allowed = [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type, authorization"),
                (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
            ];
            (StatusCode::NO_CONTENT, allowed).into_response()
        }
        Err(error) => error.into_response(),
    };
    page.may_read(response)
}
