//! `POST /report-error`: stores reports and responds with receipts. Responds with 202 only after the reports are
//! durable.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use autoheal_contract::limits::BATCH_REPORTS;
use autoheal_contract::{Receipt, ReceiptStatus, RefusalCode};
use autoheal_heal::compose::keep_code_for;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::{Arrival, Rejected, Sender};
use autoheal_prepare::{Begun, begin};
use autoheal_store::Accepted;
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::access::{RequestOrigin, client_address, project, sender};
use crate::body;
use crate::error::{ApiError, ApiResult, TOO_MANY_FAILURES, TOO_OFTEN};
use crate::rate::LimitedClient;
use crate::source_maps::ScriptMaps;
use crate::state::AppState;

/// Maximum size of a body that is prepared on an async thread, in bytes. A larger one would block other requests.
const INLINE_BYTES: usize = 32 * 1024;

/// The handler. The page can read every response, refusals included.
pub(super) async fn receive(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let origin = RequestOrigin::of(&headers);
    let response = match accept(&state, &origin, peer, parameters.get("key").map(String::as_str), &headers, body).await
    {
        Ok(receipts) => {
            receipts.iter().for_each(|receipt| state.metrics.receipt(receipt.status));
            (StatusCode::ACCEPTED, Json(receipts)).into_response()
        }
        Err(error) => {
            state.metrics.refusal(error.code());
            error.into_response()
        }
    };
    origin.allow_reading(response)
}

async fn accept(
    state: &Arc<AppState>,
    origin: &RequestOrigin,
    peer: SocketAddr,
    key: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> ApiResult<Vec<Receipt>> {
    let client = client_address(&state.config, peer, headers);
    let arrival = match judge_head(state, origin, key, headers, client) {
        Ok(arrival) => arrival,
        Err(refusal) => {
            // Drain the body before the refusal, because a sender that is still sending would miss the response.
            body::drain(body).await;
            return Err(refusal);
        }
    };
    let share = state.bodies.share((arrival.sender == Sender::Anonymous).then_some(client));
    let body = body::read(body, headers, share).await?;
    let is_large = body.len() > INLINE_BYTES;
    let own = Arc::clone(state);
    let begun = off_thread(is_large, move || begin_all(&own, client, &body, &arrival)).await??;
    let mut maps = Vec::with_capacity(begun.len());
    for report in &begun {
        maps.push(match report {
            Ok(report) => ScriptMaps::of(report, &state.lookups, &*state.store, state.clock.now()).await,
            Err(_) => ScriptMaps::default(),
        });
    }
    let own = Arc::clone(state);
    let prepared = off_thread(is_large, move || finish_all(&own, begun, &maps)).await?;
    store(state, client, prepared).await
}

/// Runs work on this thread, or if it takes long, on one that may block.
async fn off_thread<T: Send + 'static>(takes_long: bool, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
    if !takes_long {
        return Ok(work());
    }
    let failed = |_| ApiError::new(RefusalCode::StoreUnavailable, "the report could not be prepared; try again");
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

/// Judges a request by its head, before memory is spent on its body.
fn judge_head(
    state: &AppState,
    origin: &RequestOrigin,
    key: Option<&str>,
    headers: &HeaderMap,
    client: IpAddr,
) -> ApiResult<Arrival> {
    origin.require_allowed(&state.config, headers)?;
    require_json(headers)?;
    let project = project(state, key, client)?.to_owned();
    let (sender, counted_as) = sender(state, headers, client)?;
    if sender == Sender::Anonymous {
        // Take the first token before the body is read, because reading and parsing cost time and memory as well.
        state.rate.take(LimitedClient::at(client), &project, 1).map_err(ApiError::rate_limited)?;
    }
    Ok(Arrival { project, sender, client: counted_as, received_at: state.clock.now() })
}

/// Refuses other media types than JSON. `sendBeacon` and a `fetch` without preflight send `text/plain`; a Blob without
/// a type sends no type.
fn require_json(headers: &HeaderMap) -> ApiResult<()> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let media = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if ["application/json", "text/plain"].iter().any(|allowed| media.eq_ignore_ascii_case(allowed)) {
        return Ok(());
    }
    Err(ApiError::new(
        RefusalCode::UnsupportedMediaType,
        "unsupported content type; send application/json, or JSON as text/plain",
    ))
}

type Prepared = Vec<Result<Fingerprinted, Rejected>>;

/// Reads the reports, and parses their stacks.
fn begin_all(
    state: &AppState,
    client: IpAddr,
    body: &Bytes,
    arrival: &Arrival,
) -> ApiResult<Vec<Result<Begun, Rejected>>> {
    let started = Instant::now();
    let text = std::str::from_utf8(body).map_err(|error| {
        ApiError::new(RefusalCode::NotJson, format!("the body is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    let is_limited = arrival.sender == Sender::Anonymous;
    let begin_one = |raw: &RawValue| begin(raw, arrival.clone());
    let begun = if text.trim_start().starts_with('[') {
        let members: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
        if members.len() > BATCH_REPORTS {
            let message = format!("a batch has at most {BATCH_REPORTS} reports, this one has {}", members.len());
            return Err(ApiError::new(RefusalCode::TooLarge, message));
        }
        if is_limited && members.len() > 1 {
            state
                .rate
                .take(LimitedClient::at(client), &arrival.project, members.len() - 1)
                .map_err(ApiError::rate_limited)?;
        }
        let begin_member = |member: &RawValue| {
            // Rejects this member only, because the others of the batch may be of failures that occur less often.
            if is_limited && take_failure(state, &arrival.project, member).is_err() {
                return Err(Rejected(TOO_OFTEN.to_owned()));
            }
            begin_one(member)
        };
        members.into_iter().map(begin_member).collect()
    } else {
        let raw: &RawValue = serde_json::from_str(text).map_err(not_json)?;
        if is_limited {
            take_failure(state, &arrival.project, raw).map_err(ApiError::failure_limited)?;
        }
        // A single invalid report is an error of the request, not a receipt.
        vec![Ok(begin_one(raw).map_err(|rejected| ApiError::new(RefusalCode::InvalidReport, rejected.0))?)]
    };
    state.metrics.prepared_in(started.elapsed());
    Ok(begun)
}

/// Runs the remaining stages.
fn finish_all(state: &AppState, begun: Vec<Result<Begun, Rejected>>, maps: &[ScriptMaps]) -> Prepared {
    let started = Instant::now();
    let finish = |(report, maps): (Result<Begun, Rejected>, &ScriptMaps)| {
        report.map(|report| {
            let repository = state.config.repository(report.project());
            let mut record = report.finish(
                state.config.scrub,
                &|file, line, column| maps.original(file, line, column),
                &state.config.rules,
            );
            if let Some(repository) = repository {
                // not stored, because no issue would show it
                keep_code_for(repository, record.code_mut());
            }
            record
        })
    };
    let prepared = begun.into_iter().zip(maps).map(finish).collect();
    state.metrics.prepared_in(started.elapsed());
    prepared
}

/// The members of a report by which one failure is recognised before the report is prepared.
#[derive(Default, Deserialize)]
struct FailureHead<'a> {
    #[serde(borrow, default)]
    error_type: Cow<'a, str>,
    #[serde(borrow, default)]
    error_message: Cow<'a, str>,
}

/// Takes a token of the limit of one failure. Without one, returns the seconds until there is one.
fn take_failure(state: &AppState, project: &str, raw: &RawValue) -> Result<(), u64> {
    // Reports that cannot be read here, for example because a member is there twice, count as one failure.
    let FailureHead { error_type, error_message } = serde_json::from_str(raw.get()).unwrap_or_default();
    state.rate.take_failure(project, &error_type, &error_message)
}

fn not_json(error: serde_json::Error) -> ApiError {
    ApiError::new(RefusalCode::NotJson, format!("the body is not JSON: {error}"))
}

/// Stores the prepared reports and returns the receipts in the order of the request.
async fn store(state: &AppState, client: IpAddr, prepared: Prepared) -> ApiResult<Vec<Receipt>> {
    let prepared = limit_new_groups(state, client, prepared).await?;
    let mut rejections = Vec::with_capacity(prepared.len());
    let mut records = Vec::with_capacity(prepared.len());
    let mut calls = Vec::with_capacity(prepared.len());
    for result in prepared {
        match result {
            Ok(record) => {
                let call = state.gateway.as_ref().and_then(|_| state.recent_page_reports.call_of(record.report()));
                calls.push(call.map(|call| (call, record.received_at())));
                records.push(record);
                rejections.push(None);
            }
            Err(rejected) => rejections.push(Some(rejected)),
        }
    }
    state.metrics.noise(records.iter().filter(|record| record.noise().is_some()).count());
    let accepted = if records.is_empty() { Vec::new() } else { state.store.accept(records).await? };
    if accepted.iter().any(|accepted| !accepted.duplicate) {
        state.wake.notify_one();
    }
    // Only what was counted takes the place of the gateway's own report.
    for (call, received_at) in
        calls.into_iter().zip(&accepted).filter_map(|(call, one)| call.filter(|_| !one.duplicate))
    {
        state.recent_page_reports.add(call, received_at);
    }
    let mut accepted = accepted.into_iter();
    Ok(rejections
        .into_iter()
        .filter_map(|rejection| match rejection {
            Some(rejected) => Some(rejection_receipt(rejected)),
            None => accepted.next().map(receipt),
        })
        .collect())
}

/// Rejects reports of an unknown sender that would create more groups than its limit allows. A report that was sent alone
/// is an error of the request, so that its sender keeps it and tries again.
async fn limit_new_groups(state: &AppState, client: IpAddr, prepared: Prepared) -> ApiResult<Prepared> {
    let is_known = |record: &Fingerprinted| record.arrival().sender.is_known();
    if !state.rate.limits_new_groups() || prepared.iter().flatten().any(is_known) {
        return Ok(prepared);
    }
    let refused = state.known_groups.over_limit(state, LimitedClient::at(client), prepared.iter().flatten()).await?;
    if let (Some((_, seconds)), 1) = (refused.first(), prepared.len()) {
        return Err(ApiError::too_many_failures(*seconds));
    }
    let is_refused = |record: &Fingerprinted| refused.iter().any(|(refused, _)| *refused == record.fingerprint());
    let judge = |record| if is_refused(&record) { Err(Rejected(TOO_MANY_FAILURES.to_owned())) } else { Ok(record) };
    Ok(prepared.into_iter().map(|result| result.and_then(judge)).collect())
}

fn receipt(accepted: Accepted) -> Receipt {
    Receipt {
        id: accepted.id.to_string(),
        fingerprint: accepted.fingerprint.to_string(),
        status: if accepted.duplicate { ReceiptStatus::Duplicate } else { ReceiptStatus::Accepted },
        reason: None,
    }
}

fn rejection_receipt(rejected: Rejected) -> Receipt {
    Receipt { id: String::new(), fingerprint: String::new(), status: ReceiptStatus::Rejected, reason: Some(rejected.0) }
}
