//! `/jsonrpc`: the gateway to the MCP server under the origin of this service, so that its pages need no CORS. Servers of HTTP+SSE
//! (protocol version 2024-11-05) name another address on their event stream, to which clients post; it leads there too.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_gateway::{Gateway, cors};
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::headers::forbid_caching;
use crate::access::{RequestOrigin, client_address, has_operator_token, require_own_host};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// Request headers that are not forwarded. Cookies belong to this origin, not to the MCP server; the service has
/// already checked the origin.
const NOT_FORWARDED: [HeaderName; 3] = [header::COOKIE, header::ORIGIN, header::REFERER];

/// `GET`, `POST` and `DELETE`.
pub(super) async fn forward(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    forward_to(&state, None, peer, request).await
}

/// The address that an event stream of the MCP server named, if the request is a message to it; else none.
pub(super) fn endpoint_of_stream(state: &AppState, request: &Request<Body>) -> Option<Uri> {
    let gateway = state.gateway.as_ref().filter(|_| matches!(*request.method(), Method::POST | Method::OPTIONS))?;
    Some(gateway.upstream().target(request.uri())).filter(|target| gateway.has_endpoint(target))
}

/// Forwards a request to this target; none stands for the URL of the MCP server.
pub(super) async fn forward_to(
    state: &Arc<AppState>,
    target: Option<Uri>,
    peer: SocketAddr,
    request: Request<Body>,
) -> Response {
    if request.method() == Method::OPTIONS {
        return preflight(State(Arc::clone(state)), request.headers().clone()).await;
    }
    let origin = RequestOrigin::of(request.headers());
    let client = client_address(&state.config, peer, request.headers());
    let allowed = require_access(state, &origin, request.headers())
        .and_then(|gateway| Ok((gateway, has_operator_token(state, client, request.headers())?)));
    let mut response = match allowed {
        Ok((gateway, has_token)) => {
            let target = target.unwrap_or_else(|| gateway.upstream().endpoint(request.uri().query()));
            send(gateway, target, client, has_token, request).await
        }
        Err(error) => error.into_response(),
    };
    cors::set_response_headers(response.headers_mut(), origin.into_value());
    response
}

/// `OPTIONS`: the CORS preflight.
pub(super) async fn preflight(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let origin = RequestOrigin::of(&headers);
    let result = require_access(&state, &origin, &headers).map(|_| StatusCode::NO_CONTENT);
    let is_allowed = result.is_ok();
    let mut response = result.into_response();
    cors::set_response_headers(response.headers_mut(), origin.into_value());
    if is_allowed {
        cors::set_preflight_headers(&headers, response.headers_mut());
    }
    response
}

fn require_access<'a>(state: &'a Arc<AppState>, origin: &RequestOrigin, headers: &HeaderMap) -> ApiResult<&'a Gateway> {
    origin.require_allowed(&state.config, headers)?;
    require_own_host(&state.config, headers)?;
    // A GET for a link or an image on a page of another site has no Origin.
    if origin.is_absent() && headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        let message = "pages of other sites may not send here; the operator can allow their origin with --allow-origin";
        return Err(ApiError::new(RefusalCode::ForbiddenOrigin, message));
    }
    state
        .gateway
        .as_deref()
        .ok_or_else(|| ApiError::new(RefusalCode::NotFound, "no MCP server is configured; set --upstream"))
}

/// Forwards a request. Browsers send the operator's Basic credentials with every request to this origin, including requests
/// to the gateway.
async fn send(gateway: &Gateway, target: Uri, client: IpAddr, has_token: bool, mut request: Request<Body>) -> Response {
    request.headers_mut().insert(header::HOST, gateway.upstream().host().clone());
    request.extensions_mut().clear();
    let is_dropped = |name: &HeaderName| NOT_FORWARDED.contains(name) || (has_token && *name == header::AUTHORIZATION);
    let mut response = gateway.forward(request, target, client, is_dropped).await.map(Body::new);
    let headers = response.headers_mut();
    // The dashboard has the same origin: a response must not set its cookies, and must not run scripts as its page.
    headers.remove(header::SET_COOKIE);
    headers.remove("clear-site-data");
    forbid_caching(headers);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    response
}
