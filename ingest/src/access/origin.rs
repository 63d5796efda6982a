//! Access by origin: pages of this service and of allowed origins may send. So may programs, whose requests have no
//! origin.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_gateway::Origin;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::operator::is_loopback_host;
use crate::config::Config;
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// Lifetime of a preflight in the browser's cache, in seconds; Chromium caps it at two hours.
const PREFLIGHT_SECONDS: &str = "7200";

/// The origin of a request: that of the page that sent it, or none for a program.
pub(crate) struct RequestOrigin {
    value: Option<HeaderValue>,
}

impl RequestOrigin {
    /// Reads the `Origin` header.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self { value: headers.get(header::ORIGIN).cloned() }
    }

    /// Refuses pages of other sites, and the origin `null`, which sandboxed frames of any site send.
    pub(crate) fn require_allowed(&self, config: &Config, headers: &HeaderMap) -> ApiResult<()> {
        let Some(origin) = &self.value else { return Ok(()) };
        let origin = origin.to_str().ok().and_then(Origin::parse);
        if origin.as_ref().is_some_and(|origin| config.allow_origin.contains(origin)) {
            return Ok(());
        }
        if origin.as_ref().is_some_and(|origin| is_own(origin, config, headers)) {
            // with a public URL, the origin itself is a name of this service
            return if config.public_url.is_some() { Ok(()) } else { require_own_host(config, headers) };
        }
        let message = "pages of this origin may not send here; the operator can allow the origin with --allow-origin";
        Err(ApiError::new(RefusalCode::ForbiddenOrigin, message))
    }

    /// Refuses a request that changes something, unless a page of this service sent it. A page of another site would send
    /// it with the browser's credentials.
    pub(crate) fn require_own(&self, config: &Config, headers: &HeaderMap) -> ApiResult<()> {
        let origin = self.value.as_ref().and_then(|origin| Origin::parse(origin.to_str().ok()?));
        if origin.is_some_and(|origin| is_own(&origin, config, headers)) {
            return Ok(());
        }
        let message = "only a page of this service may do this; open the dashboard and try again";
        Err(ApiError::new(RefusalCode::ForbiddenOrigin, message))
    }

    /// True if the request has no origin.
    pub(crate) fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    /// The header value, for the CORS headers of the response.
    pub(crate) fn into_value(self) -> Option<HeaderValue> {
        self.value
    }

    /// Allows the page to read the response. Also a refusal, because the page's developer needs its reason.
    pub(crate) fn allow_reading(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = self.value {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
        }
        response
    }
}

/// Refuses a `Host` that is not a name of this service. A page whose host name resolves to this address (DNS rebinding)
/// has the same origin as the service, and only the `Host` reveals it. An IP address as `Host` is safe.
pub(crate) fn require_own_host(config: &Config, headers: &HeaderMap) -> ApiResult<()> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let public_url = config.public_url.as_ref().and_then(|url| url.as_str().split_once("://"));
    let is_public = public_url.is_some_and(|(_, public_host)| public_host.eq_ignore_ascii_case(host));
    if is_public || is_loopback_host(host) || host.parse::<SocketAddr>().is_ok() || host.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let message =
        "this host name is not a name of this service; behind a proxy, set AUTOHEAL_PUBLIC_URL to the public address";
    Err(ApiError::new(RefusalCode::ForbiddenOrigin, message))
}

/// True if the origin is the configured public URL or, without one, the host of the request.
fn is_own(origin: &Origin, config: &Config, headers: &HeaderMap) -> bool {
    if let Some(public_url) = &config.public_url {
        return origin == public_url;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    ["http", "https"].iter().any(|scheme| Origin::parse(&format!("{scheme}://{host}")).as_ref() == Some(origin))
}

/// `OPTIONS`: the CORS preflight.
pub(crate) async fn preflight(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let origin = RequestOrigin::of(&headers);
    let response = match origin.require_allowed(&state.config, &headers) {
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
    origin.allow_reading(response)
}
