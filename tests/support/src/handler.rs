//! Handles one API request: records it, validates it, applies a fault, carries it out, and checks the response.

mod outcome;
mod validation;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Query, Request, State as Extension};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::api;
use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::description::{DescribedOperation, Description};
use crate::fault::Failure;
use crate::operation::Operation;
use crate::recorded::{RecordedRequest, Side, Violation};
use crate::shared_state::SharedState;
use crate::state::{Outage, State};

pub(crate) use outcome::Cut;
use outcome::{Outcome, into_response, prevented};
use validation::{login_of, validate};

/// Maximum size of a request body, in bytes.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// A received request with its whole body.
struct ReceivedRequest {
    method: String,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Handles every request that is neither for a page nor for a control.
pub(crate) async fn handle(Extension(shared): Extension<Arc<SharedState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or incomplete").into_response();
    };
    let method = parts.method.as_str().to_owned();
    let received = ReceivedRequest { method, uri: parts.uri, headers: parts.headers, body: body.to_vec() };
    // a separate task, because GitHub carries out a received request even if the client disconnects
    match tokio::spawn(process(shared, received)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the stand-in failed; see its standard error").into_response(),
    }
}

async fn process(shared: Arc<SharedState>, received: ReceivedRequest) -> Response {
    // GitHub Enterprise serves the same API below this path
    let path = received.uri.path();
    let path = path.strip_prefix("/api/v3").filter(|rest| rest.starts_with('/')).unwrap_or(path).to_owned();
    let described = Description::get().find(&received.method, &shared.read(|state| state.path_by_name(&path)));
    let number = record(&shared, &received, &path, described.as_ref().map(|(operation, _)| *operation));
    let in_flight = InFlight { shared: Arc::clone(&shared), write: received.method != "GET" };
    let outcome = carry_out(&shared, &received, &path, described, number).await;
    drop(in_flight);
    shared.update(|state| {
        let response = into_response(state, number, outcome);
        if response.extensions().get::<Cut>().is_none() {
            state.request_mut(number).status = Some(response.status().as_u16());
        }
        response
    })
}

/// Counts a request as in flight until it is dropped.
struct InFlight {
    shared: Arc<SharedState>,
    write: bool,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.shared.update(|state| {
            state.in_flight -= 1;
            state.writes_in_flight -= usize::from(self.write);
        });
    }
}

fn record(shared: &SharedState, received: &ReceivedRequest, path: &str, described: Option<&DescribedOperation>) -> u64 {
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&received.uri).map(|Query(query)| query);
    let body = serde_json::from_slice(&received.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&received.body).into_owned()));
    let operation =
        described.map_or(Operation::Other, |described| Operation::of(&described.method, described.path.text()));
    shared.update(|state| {
        let number = state.requests.len() as u64 + 1;
        let write = received.method != "GET";
        state.in_flight += 1;
        state.writes_in_flight += usize::from(write);
        state.max_in_flight = state.max_in_flight.max(state.in_flight);
        state.max_writes_in_flight = state.max_writes_in_flight.max(state.writes_in_flight);
        state.requests.push(RecordedRequest {
            number,
            method: received.method.clone(),
            path: path.to_owned(),
            query: query.unwrap_or_default(),
            body: if received.body.is_empty() { Value::Null } else { body },
            operation,
            login: login_of(state, &received.headers),
            at: state.now(),
            since_start: shared.started.elapsed(),
            applied: false,
            held: false,
            status: None,
            failure: None,
        });
        number
    })
}

async fn carry_out(
    shared: &SharedState,
    received: &ReceivedRequest,
    path: &str,
    described: Option<(&DescribedOperation, BTreeMap<String, String>)>,
    number: u64,
) -> Outcome {
    match shared.read(|state| state.outage) {
        Some(Outage::BadGateway) => return Outcome::BadGatewayPage,
        Some(Outage::Cut | Outage::Refused) => return Outcome::Cut,
        None => {}
    }
    if let Some(redirect) = shared.read(|state| state.redirect(&received.method, path)) {
        return Outcome::Respond(redirect);
    }
    let (described, path_parameters) = match validate(shared, received, described, number) {
        Ok(valid) => valid,
        Err(error) => return Outcome::Respond(error),
    };
    let failure = shared.update(|state| apply_fault(state, number));
    if let Some(failure) = failure.as_ref().filter(|failure| failure.prevents()) {
        return shared.read(|state| prevented(state, failure));
    }
    if failure == Some(Failure::HoldBefore) {
        hold(shared, number).await;
    }
    let response = shared.update(|state| {
        let recorded = state.request_mut(number).clone();
        let request = ApiRequest {
            method: recorded.method,
            template: described.path.text().to_owned(),
            path_parameters,
            query: recorded.query,
            body: recorded.body,
            login: recorded.login.unwrap_or_default(),
            now: state.now(),
            url: format!("{}{path}", state.url),
            drop_assignees: failure == Some(Failure::DropAssignees),
        };
        let response = api::carry_out(state, &request);
        state.request_mut(number).applied = true;
        response
    });
    let response = check_response(shared, described, response, number);
    match failure {
        Some(Failure::HoldAfter) => {
            hold(shared, number).await;
            Outcome::Respond(response)
        }
        Some(Failure::BadGatewayAfter) => Outcome::Respond(ApiResponse::error(502, "Server Error")),
        Some(Failure::CutAfter) => Outcome::Cut,
        Some(Failure::GarbledAfter) => Outcome::Garbled(response.status),
        _ => Outcome::Respond(response),
    }
}

fn record_violation(shared: &SharedState, number: u64, side: Side, problem: &str) {
    shared.update(|state| {
        let RecordedRequest { method, path, .. } = state.request_mut(number).clone();
        state.violations.push(Violation { request: number, method, path, side, problem: problem.to_owned() });
    });
}

/// Takes the failure of the first fault that applies to the request, if any.
fn apply_fault(state: &mut State, number: u64) -> Option<Failure> {
    let request = state.request_mut(number).clone();
    let failure = state.faults.iter_mut().find_map(|fault| fault.applies_to(&request).then(|| fault.failure.clone()));
    state.faults.retain(|fault| fault.times != Some(0));
    if let Some(failure) = &failure {
        state.request_mut(number).failure = Some(format!("{failure:?}"));
    }
    failure
}

async fn hold(shared: &SharedState, number: u64) {
    shared.update(|state| state.request_mut(number).held = true);
    shared.wait_until(|state| !state.requests[number as usize - 1].held).await;
}

/// Checks a response against GitHub's description. A response that does not match is recorded and replaced by an error.
fn check_response(
    shared: &SharedState,
    described: &DescribedOperation,
    response: Option<ApiResponse>,
    number: u64,
) -> ApiResponse {
    let Some(response) = response else {
        let problem = "the stand-in does not implement this operation of GitHub's";
        record_violation(shared, number, Side::Response, problem);
        return ApiResponse::error(501, problem);
    };
    match described.check_response(response.status, response.body.as_ref()) {
        Ok(()) => response,
        Err(problem) => {
            record_violation(shared, number, Side::Response, &problem);
            ApiResponse::error(500, &format!("the stand-in's response does not match GitHub's description: {problem}"))
        }
    }
}
