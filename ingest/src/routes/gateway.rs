//! `/jsonrpc`: the page's own origin in front of an MCP server, so that the page needs no CORS.

use std::net::SocketAddr;
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::access::{Page, client_address, require_own_host, shows_operator_token};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use autoheal_gateway::{Gateway, cors};

/// What of a request stays here: what is the operator's, and what the server would judge pages by, as we have done.
const KEPT_HERE: [HeaderName; 3] = [header::COOKIE, header::ORIGIN, header::REFERER];

/// `GET`, `POST` and `DELETE`.
pub(super) async fn forward(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response {
    let page = Page::of(request.headers());
    let mut answer = match allow(&state, &page, request.headers()) {
        Ok(gateway) => send(&state, gateway, peer, request).await,
        Err(error) => error.into_response(),
    };
    cors::set_response_headers(answer.headers_mut(), page.into_origin());
    answer
}

/// `OPTIONS`: what a browser asks before it sends JSON to another origin.
pub(super) async fn preflight(State(state): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let page = Page::of(&headers);
    let allowed = allow(&state, &page, &headers).map(|_| StatusCode::NO_CONTENT);
    let permitted = allowed.is_ok();
    let mut answer = allowed.into_response();
    cors::set_response_headers(answer.headers_mut(), page.into_origin());
    if permitted {
        cors::set_preflight_headers(&headers, answer.headers_mut());
    }
    answer
}

fn allow<'a>(state: &'a Arc<AppState>, page: &Page, headers: &HeaderMap) -> ApiResult<&'a Gateway> {
    page.require(&state.config, headers)?;
    require_own_host(&state.config, headers)?;
    // A link or an image of another site sends no Origin with its GET.
    if page.is_unnamed() && headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        let message = "pages of other sites may not send here; the operator allows it with --allow-origin";
        return Err(ApiError::new(RefusalCode::ForbiddenOrigin, message));
    }
    state.gateway.as_deref().ok_or_else(|| ApiError::new(RefusalCode::NotFound, "there is no --upstream"))
}

async fn send(state: &AppState, gateway: &Gateway, peer: SocketAddr, mut request: Request<Body>) -> Response {
    // Browsers repeat Basic credentials on every request to an origin, the gateway's too.
    let operator = shows_operator_token(&state.config, request.headers());
    let client = client_address(&state.config, peer, request.headers());
    let target = gateway.upstream().endpoint(request.uri().query());
    request.headers_mut().insert(header::HOST, gateway.upstream().host().clone());
    request.extensions_mut().clear();
    let stays = |name: &HeaderName| KEPT_HERE.contains(name) || (operator && *name == header::AUTHORIZATION);
    let mut answer = gateway.forward(request, target, client, stays).await.map(Body::new);
    let headers = answer.headers_mut();
    // The dashboard lives at this origin: an answer is no page of it, sets nothing for it, and runs nothing in it.
    headers.remove(header::SET_COOKIE);
    headers.remove("clear-site-data");
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    answer
}
