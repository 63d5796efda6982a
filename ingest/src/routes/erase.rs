//! Deletion on request of the operator, because somebody's personal data must go.

use std::sync::Arc;

use autoheal_contract::RefusalCode;
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{ClientHash, Erased};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};

use super::groups::{FingerprintPath, Parameters};
use crate::error::{ApiError, ApiResult};
use crate::state::AppState;

/// `DELETE /api/groups/{fingerprint}`: a group with all its text.
pub(super) async fn group(
    State(state): State<Arc<AppState>>,
    fingerprint: FingerprintPath,
    Query(parameters): Query<Parameters>,
) -> ApiResult<Json<Erased>> {
    let unknown = || ApiError::new(RefusalCode::NotFound, "there is no group with this fingerprint");
    let Path(text) = fingerprint.map_err(|_| unknown())?;
    let fingerprint = Fingerprint::parse(&text).ok_or_else(unknown)?;
    let erased = state.store.erase_group(parameters.project(), fingerprint, state.clock.now()).await?;
    if erased.found() { Ok(Json(erased)) } else { Err(unknown()) }
}

/// `DELETE /api/clients/{hash}`: what a client sent.
pub(super) async fn client(
    State(state): State<Arc<AppState>>,
    hash: Result<Path<String>, PathRejection>,
) -> ApiResult<Json<Erased>> {
    let unknown = || ApiError::new(RefusalCode::NotFound, "nothing of a client with this hash is stored");
    let Path(text) = hash.map_err(|_| unknown())?;
    let client = ClientHash::parse(&text).ok_or_else(unknown)?;
    let erased = state.store.erase_client(client, state.clock.now()).await?;
    if erased.found() { Ok(Json(erased)) } else { Err(unknown()) }
}
