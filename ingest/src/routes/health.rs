//! Whether the service lives, whether it can take reports, and what it counts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::error::ApiResult;
use crate::state::AppState;
use autoheal_gateway::Gateway;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store takes reports.
pub(super) async fn ready(State(state): State<Arc<AppState>>) -> ApiResult<&'static str> {
    state.store.ready().await?;
    Ok("ready\n")
}

/// `GET /metrics`: for Prometheus.
pub(super) async fn metrics(State(state): State<Arc<AppState>>) -> Response {
    let ready = state.store.ready().await.is_ok();
    let page = state.metrics.render(ready, state.gateway.as_deref().map(Gateway::counters));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response()
}
