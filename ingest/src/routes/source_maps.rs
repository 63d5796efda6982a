//! `POST /api/sourcemaps`: source maps of senders with a key, one by one, and which of them are there already.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::RefusalCode;
use autoheal_prepare::validate::Sender;
use autoheal_source_maps::limits::{GENERATED_BYTES, MAP_BYTES};
use autoheal_source_maps::{DebugId, pack};
use autoheal_store::{GeneratedFile, NewSourceMap, StoreError};
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::access::{client_address, project, sender};
use crate::body;
use crate::error::{ApiError, ApiResult};
use crate::source_maps::{BuildError, regroup};
use crate::state::AppState;

/// Maximum size of an upload, in bytes: a map, a generated file in a JSON string, and the names.
const UPLOAD_BYTES: usize = MAP_BYTES + GENERATED_BYTES + GENERATED_BYTES / 4;
/// Maximum size of a list of files, in bytes.
const LIST_BYTES: usize = 4 * 1024 * 1024;
/// Maximum number of files in a list.
const LIST_FILES: usize = 10_000;
/// Timeout of an upload.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);
/// `Retry-After` while other maps are being uploaded, in seconds.
const RETRY_SECONDS: u64 = 2;

/// One source map.
#[derive(Deserialize)]
struct Upload<'a> {
    /// Debug id of the generated file and its map.
    debug_id: &'a str,
    /// The release; without one the map serves all releases.
    #[serde(default)]
    release: Option<String>,
    /// The URL of the generated file; `~/…` for any host.
    #[serde(default)]
    url: Option<String>,
    /// The map.
    #[serde(borrow)]
    map: &'a RawValue,
    /// The generated file. It names functions where the map holds no sources.
    #[serde(default)]
    generated: String,
}

/// A map that was stored.
#[derive(Serialize)]
pub(super) struct Stored {
    debug_id: String,
}

/// `POST /api/sourcemaps`
pub(super) async fn upload(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, Json<Stored>)> {
    let project = match sender_project(&state, peer, &parameters, &headers) {
        Ok(project) => project,
        Err(refusal) => {
            body::drain(body).await;
            return Err(refusal);
        }
    };
    let Ok(_permit) = state.map_uploads.try_acquire() else {
        body::drain(body).await;
        return Err(ApiError::busy("another source map is being uploaded; try again", RETRY_SECONDS));
    };
    let body = read(body, UPLOAD_BYTES).await?;
    let build_state = Arc::clone(&state);
    let built = tokio::task::spawn_blocking(move || build(&build_state, &body)).await;
    let (debug_id, file, form) =
        built.map_err(|_| ApiError::new(RefusalCode::InvalidSourceMap, "the source map could not be built"))??;
    let new_file = file.clone();
    let map = NewSourceMap { project: project.clone(), debug_id: *debug_id.as_bytes(), file, parts: pack(&form) };
    drop(form);
    state.store.add_source_map(map, state.clock.now()).await.map_err(|error| match error {
        StoreError::Full => ApiError::new(
            RefusalCode::TooLarge,
            "the map is larger than the part of the store that all maps may take; raise AUTOHEAL_STORE_LIMIT",
        ),
        StoreError::Failed(_) | StoreError::Damaged(_) => error.into(),
    })?;
    state.lookups.forget_answers();
    tokio::spawn(regroup(Arc::clone(&state), project, debug_id.to_string(), new_file));
    Ok((StatusCode::CREATED, Json(Stored { debug_id: debug_id.to_string() })))
}

/// Builds the lookup form of an upload.
fn build(state: &AppState, body: &[u8]) -> ApiResult<(DebugId, Option<GeneratedFile>, Vec<u8>)> {
    let invalid = |message: String| ApiError::new(RefusalCode::InvalidSourceMap, message);
    let upload: Upload<'_> = serde_json::from_slice(body)
        .map_err(|error| ApiError::new(RefusalCode::NotJson, format!("not an upload: {error}")))?;
    let debug_id = DebugId::parse(upload.debug_id).ok_or_else(|| invalid("debug_id is not a UUID".to_owned()))?;
    let file = upload.url.map(|url| GeneratedFile { release: upload.release.unwrap_or_default(), url });
    let form = state.config.lookup_builder.build(upload.generated.as_bytes(), upload.map.get().as_bytes());
    let form = form.map_err(|error| match error {
        BuildError::Refused(bad) => invalid(bad.to_string()),
        BuildError::Failed(reason) => {
            tracing::error!(%reason, "a source map could not be built");
            ApiError::busy("the source map could not be built now; try again", RETRY_SECONDS)
        }
    })?;
    Ok((debug_id, file, form))
}

/// Generated files that a sender is about to upload.
#[derive(Deserialize)]
struct Files {
    #[serde(default)]
    release: Option<String>,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    debug_id: String,
    #[serde(default)]
    url: Option<String>,
}

/// The debug ids whose maps need no upload.
#[derive(Serialize)]
pub(super) struct Known {
    known: Vec<String>,
}

/// `POST /api/sourcemaps/known`: which maps are there already. From now on they are found by this release and these URLs
/// too.
pub(super) async fn known(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Json<Known>> {
    let project = match sender_project(&state, peer, &parameters, &headers) {
        Ok(project) => project,
        Err(refusal) => {
            body::drain(body).await;
            return Err(refusal);
        }
    };
    let body = read(body, LIST_BYTES).await?;
    let Files { release, files } = serde_json::from_slice(&body)
        .map_err(|error| ApiError::new(RefusalCode::NotJson, format!("not a list of files: {error}")))?;
    if files.len() > LIST_FILES {
        return Err(ApiError::new(RefusalCode::TooLarge, format!("a list has at most {LIST_FILES} files")));
    }
    let files: Vec<(DebugId, Option<String>)> =
        files.into_iter().filter_map(|file| Some((DebugId::parse(&file.debug_id)?, file.url))).collect();
    let ids = files.iter().map(|(id, _)| *id.as_bytes()).collect();
    let present = state.store.known_debug_ids(&project, ids).await?;
    let release = release.unwrap_or_default();
    let mut known = Vec::new();
    for (id, url) in files.into_iter().filter(|(id, _)| present.contains(id.as_bytes())) {
        let file = url.map(|url| GeneratedFile { release: release.clone(), url });
        if state.store.add_source_map_file(&project, *id.as_bytes(), file, state.clock.now()).await? {
            known.push(id.to_string());
        }
    }
    state.lookups.forget_answers();
    Ok(Json(Known { known }))
}

/// The project of a sender with a key. Maps of strangers would put their text into issues.
fn sender_project(
    state: &AppState,
    peer: SocketAddr,
    parameters: &HashMap<String, String>,
    headers: &HeaderMap,
) -> ApiResult<String> {
    let client = client_address(&state.config, peer, headers);
    if sender(state, headers, client)?.0 == Sender::Anonymous {
        return Err(ApiError::new(
            RefusalCode::UnknownKey,
            "source maps need a sender key: send `Authorization: Bearer KEY`, with a key of the service's AUTOHEAL_KEY",
        ));
    }
    project(state, parameters.get("key").map(String::as_str), client).map(str::to_owned)
}

/// Reads a body of at most this many bytes. Drains a larger one for a while, so that its sender receives the refusal.
async fn read(mut body: Body, limit: usize) -> ApiResult<Bytes> {
    let reading = async {
        let mut buffer = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| ApiError::new(RefusalCode::NotJson, "the body ended before it was complete"))?;
            let Ok(data) = frame.into_data() else { continue };
            if buffer.len() + data.len() > limit {
                drop(buffer);
                body::drain(body).await;
                return Err(ApiError::new(RefusalCode::TooLarge, format!("the body has more than {limit} bytes")));
            }
            buffer.extend_from_slice(&data);
        }
        Ok(buffer.freeze())
    };
    let unfinished =
        || ApiError::new(RefusalCode::NotJson, format!("the body was not complete after {UPLOAD_TIMEOUT:?}"));
    tokio::time::timeout(UPLOAD_TIMEOUT, reading).await.unwrap_or_else(|_| Err(unfinished()))
}
