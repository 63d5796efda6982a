//! Liveness, readiness, status and metrics.

use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_gateway::Gateway;
use autoheal_store::StoreError;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::error::{ApiError, ApiResult};
use crate::state::AppState;
use crate::status::ServiceStatus;

/// `GET /healthz`: the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store accepts reports. A second line says that writing to GitHub has stopped. The status stays 200
/// then, because reports are still stored.
pub(super) async fn ready(State(state): State<Arc<AppState>>) -> ApiResult<String> {
    if let Err(error) = state.store.ready().await {
        tracing::debug!(%error, "readyz: the store cannot be written");
        // without the paths that the error names, because the route is public
        let reason = match error {
            StoreError::Damaged(_) => "the store is damaged, and reports are refused until a restart finds it in order",
            StoreError::Full | StoreError::Failed(_) => "reports cannot be stored",
        };
        let message = format!("{reason}; see the log of autoheal serve");
        return Err(ApiError::new(RefusalCode::StoreUnavailable, message));
    }
    let stop = ServiceStatus::of_worker(&state).public_line();
    Ok(format!("ready\n{}", stop.unwrap_or_default()))
}

/// `GET /api/status`: what the operator must know.
pub(super) async fn status(State(state): State<Arc<AppState>>) -> Json<Value> {
    Json(ServiceStatus::read(&state).await.json())
}

/// `GET /metrics`: for Prometheus.
pub(super) async fn metrics(State(state): State<Arc<AppState>>) -> Response {
    let status = ServiceStatus::read(&state).await;
    let page = state.metrics.render(&status, state.gateway.as_deref().map(Gateway::counters));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response()
}
