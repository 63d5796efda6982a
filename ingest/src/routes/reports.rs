//! `POST /report-error`: stores reports and responds with receipts. Responds with 202 only after the reports are
//! durable.

mod prepare;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use autoheal_contract::{Receipt, ReceiptStatus, RefusalCode};
use autoheal_prepare::validate::{Arrival, Rejected, Sender};
use autoheal_store::Accepted;
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::access::{RequestOrigin, client_address, project, sender};
use crate::body;
use crate::error::{ApiError, ApiResult, TOO_MANY_FAILURES};
use crate::rate::LimitedClient;
use crate::state::AppState;

use self::prepare::{Pass, Prepared, Reports, SeenFailure, prepare};

/// The handler. The page can read every response, refusals included.
pub(super) async fn receive(
    State(state): State<Arc<AppState>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(parameters): Query<HashMap<String, String>>,
    // whole, because an extractor of the headers would copy them
    request: Request,
) -> Response {
    let (Parts { headers, .. }, body) = request.into_parts();
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
    let share = || state.bodies.share((arrival.sender == Sender::Anonymous).then_some(client));
    let body = body::read(body, headers, share).await?;
    let reports = Reports { client, body, arrival };
    let mut pass = Pass::First;
    loop {
        let prepared = prepare(state, &reports, pass).await?;
        match store(state, client, prepared).await? {
            Ok(receipts) => return Ok(receipts),
            Err(rejections) => pass = Pass::WithoutRepeats(rejections),
        }
    }
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

/// The reports that are rejected, by their places.
type Rejections = Vec<Option<Rejected>>;

/// Stores the prepared reports and returns the receipts in the order of the request. If a repeat must be prepared in full,
/// stores none, and returns the reports that are rejected in any case.
async fn store(
    state: &AppState,
    client: IpAddr,
    prepared: Vec<Result<Prepared, Rejected>>,
) -> ApiResult<Result<Vec<Receipt>, Rejections>> {
    let prepared = limit_new_groups(state, client, prepared).await?;
    let mut rejections = Vec::with_capacity(prepared.len());
    let mut records = Vec::with_capacity(prepared.len());
    let mut sightings = Vec::with_capacity(prepared.len());
    for result in prepared {
        match result {
            Ok(prepared) => {
                let (record, sighting) = prepared.into_record(state);
                records.push(record);
                sightings.push(sighting);
                rejections.push(None);
            }
            Err(rejected) => rejections.push(Some(rejected)),
        }
    }
    let noise = records.iter().filter(|record| record.noise().is_some()).count();
    let accepted = if records.is_empty() { Some(Vec::new()) } else { state.store.count(records).await? };
    let Some(accepted) = accepted else {
        for sighting in &sightings {
            if let SeenFailure::Known(place) = &sighting.failure {
                state.known_failures.forget(place);
            }
        }
        return Ok(Err(rejections));
    };
    state.metrics.noise(noise);
    if accepted.iter().any(|accepted| !accepted.duplicate) {
        state.wake.notify_one();
    }
    for (accepted, sighting) in accepted.iter().zip(sightings) {
        match sighting.failure {
            SeenFailure::Known(_) if !accepted.duplicate => state.metrics.repeat(),
            SeenFailure::New(failure) if accepted.may_repeat => state.known_failures.add(failure),
            SeenFailure::New(_) | SeenFailure::Known(_) | SeenFailure::Unknown => {}
        }
        // Only what was counted takes the place of the gateway's own report.
        if let Some((call, received_at)) = sighting.call.filter(|_| !accepted.duplicate) {
            state.recent_page_reports.add(call, received_at);
        }
    }
    let mut accepted = accepted.into_iter();
    let receipts = rejections.into_iter().filter_map(|rejection| match rejection {
        Some(rejected) => Some(rejection_receipt(rejected)),
        None => accepted.next().map(receipt),
    });
    Ok(Ok(receipts.collect()))
}

/// Rejects reports of an unknown sender that would create more groups than its limit allows. A report that was sent alone
/// is an error of the request, so that its sender keeps it and tries again.
async fn limit_new_groups(
    state: &AppState,
    client: IpAddr,
    prepared: Vec<Result<Prepared, Rejected>>,
) -> ApiResult<Vec<Result<Prepared, Rejected>>> {
    // a repeat creates no group
    let mut records = prepared.iter().flatten().filter_map(Prepared::record).peekable();
    let Some(first) = records.peek() else { return Ok(prepared) };
    if !state.rate.limits_new_groups() || first.arrival().sender.is_known() {
        return Ok(prepared);
    }
    let refused = state.known_groups.over_limit(state, LimitedClient::at(client), records).await?;
    if let (Some((_, seconds)), 1) = (refused.first(), prepared.len()) {
        return Err(ApiError::too_many_failures(*seconds));
    }
    let is_refused = |prepared: &Prepared| {
        prepared.record().is_some_and(|record| refused.iter().any(|(refused, _)| *refused == record.fingerprint()))
    };
    let judge =
        |prepared| if is_refused(&prepared) { Err(Rejected(TOO_MANY_FAILURES.to_owned())) } else { Ok(prepared) };
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
