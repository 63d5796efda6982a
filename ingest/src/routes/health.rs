//! Whether the service lives, whether it can take reports, and what it counts.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::Shared;
use crate::error::ApiResult;
use autoheal_gateway::Gateway;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store takes reports.
pub(super) async fn ready(State(shared): State<Shared>) -> ApiResult<&'static str> {
    shared.store.ready().await?;
    Ok("ready\n")
}

/// `GET /metrics`: for Prometheus.
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let ready = shared.store.ready().await.is_ok();
    let page = shared.metrics.render(ready, shared.gateway.as_deref().map(Gateway::tally));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response()
}
