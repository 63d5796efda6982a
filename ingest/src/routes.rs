//! All routes of the service, public ones and those of the operator.

mod dashboard;
mod erase;
mod files;
mod gateway;
mod groups;
mod headers;
mod health;
mod reports;
mod source_maps;

use std::net::SocketAddr;
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Uri;
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{delete, get, post};

use crate::access::{look_for_proxy, preflight, refuse_ambiguous_host, require_operator};
use crate::error::ApiError;
use crate::state::AppState;

/// The router of the service.
pub(crate) fn router(state: Arc<AppState>) -> Router {
    // Public. Handlers read bodies with `body::read`, which limits and drains them.
    let mut public = Router::new()
        .route("/report-error", post(reports::receive).options(preflight))
        .route("/api/sourcemaps", post(source_maps::upload))
        .route("/api/sourcemaps/known", post(source_maps::known))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    if state.gateway.is_some() {
        public = public.route(
            "/jsonrpc",
            get(gateway::forward).post(gateway::forward).delete(gateway::forward).options(gateway::preflight),
        );
    }
    // For the operator only: with the token, or from this machine.
    let operator = Router::new()
        .route("/", get(dashboard::groups))
        .route("/groups/{fingerprint}", get(dashboard::group))
        .route("/groups/{fingerprint}/sample", post(dashboard::choose_sample))
        .route("/style.css", get(dashboard::style))
        .route("/api/groups", get(groups::list))
        .route("/api/groups/{fingerprint}", get(groups::one).delete(erase::group))
        .route("/api/clients/{hash}", delete(erase::client))
        .route("/api/status", get(health::status))
        .route("/metrics", get(health::metrics))
        .route_layer(from_fn_with_state(state.clone(), require_operator))
        .layer(map_response(headers::isolate));
    let mut router = public.merge(operator);
    if let Some(directory) = &state.config.static_dir {
        let files = files::router(directory, &state.config);
        router = router.route("/app", get(|| async { Redirect::permanent("/app/") })).nest_service("/app/", files);
    }
    let router = router.fallback(not_found).method_not_allowed_fallback(method_not_allowed).with_state(state.clone());
    router.layer(from_fn_with_state(state, guard))
}

/// Middleware of all routes. One for all that is done for each request, because each middleware costs an allocation.
async fn guard(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let response = match refuse_ambiguous_host(&request) {
        Some(refusal) => refusal,
        None => {
            look_for_proxy(&state, peer, &request);
            next.run(request).await
        }
    };
    headers::secure(response)
}

async fn not_found(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    match gateway::endpoint_of_stream(&state, &request) {
        Some(target) => gateway::forward_to(&state, Some(target), peer, request).await,
        None => {
            let message = format!("there is no route {}", request.uri().path());
            ApiError::new(RefusalCode::NotFound, message).into_response()
        }
    }
}

async fn method_not_allowed(uri: Uri) -> Response {
    ApiError::new(RefusalCode::MethodNotAllowed, format!("{} does not support this method", uri.path())).into_response()
}
