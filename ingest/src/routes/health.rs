//! Liveness, readiness and metrics.

use std::sync::Arc;

use autoheal_gateway::Gateway;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::error::ApiResult;
use crate::state::AppState;

/// `GET /healthz`: the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store accepts reports.
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
