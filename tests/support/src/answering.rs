//! One request's walk: it arrives, is judged, meets its fault, is carried out, and its answer is checked.

mod ending;
mod judging;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Query, Request, State as Extension};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::api;
use crate::call::Call;
use crate::description::{Description, Operation as Described};
use crate::fault::Failure;
use crate::operation::Operation;
use crate::recorded::{RecordedRequest, Side, Violation};
use crate::reply::Reply;
use crate::shared::Shared;
use crate::state::{Outage, State};

pub(crate) use ending::Cut;
use ending::{Ending, prevented, sendable};
use judging::{judge, login_of};

const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// A request as it came, its body read.
struct Arrived {
    method: String,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Answers any request that is not for a page.
pub(crate) async fn answer(Extension(shared): Extension<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or ended early").into_response();
    };
    let method = parts.method.as_str().to_owned();
    let arrived = Arrived { method, uri: parts.uri, headers: parts.headers, body: body.to_vec() };
    // a task of its own: what has reached GitHub is carried out, even if the caller dies meanwhile
    match tokio::spawn(walk(shared, arrived)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the stand-in failed; see its standard error").into_response(),
    }
}

async fn walk(shared: Arc<Shared>, arrived: Arrived) -> Response {
    // GitHub Enterprise serves the same API below this path
    let path = arrived.uri.path();
    let path = path.strip_prefix("/api/v3").filter(|rest| rest.starts_with('/')).unwrap_or(path).to_owned();
    let described = Description::get().find(&arrived.method, &path);
    let number = record(&shared, &arrived, &path, described.as_ref().map(|(operation, _)| *operation));
    let in_hand = InHand { shared: Arc::clone(&shared), write: arrived.method != "GET" };
    let ending = carry_out(&shared, &arrived, &path, described, number).await;
    drop(in_hand);
    shared.change(|state| {
        let response = sendable(state, number, ending);
        if response.extensions().get::<Cut>().is_none() {
            state.request_mut(number).status = Some(response.status().as_u16());
        }
        response
    })
}

/// Counts the requests that are being worked on.
struct InHand {
    shared: Arc<Shared>,
    write: bool,
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.in_flight -= 1;
            state.writes_in_flight -= usize::from(self.write);
        });
    }
}

fn record(shared: &Shared, arrived: &Arrived, path: &str, described: Option<&Described>) -> u64 {
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&arrived.uri).map(|Query(query)| query);
    let body = serde_json::from_slice(&arrived.body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&arrived.body).into_owned()));
    let operation =
        described.map_or(Operation::Other, |described| Operation::of(&described.method, described.path.text()));
    shared.change(|state| {
        let number = state.requests.len() as u64 + 1;
        let write = arrived.method != "GET";
        state.in_flight += 1;
        state.writes_in_flight += usize::from(write);
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        state.most_writes_in_flight = state.most_writes_in_flight.max(state.writes_in_flight);
        state.requests.push(RecordedRequest {
            number,
            method: arrived.method.clone(),
            path: path.to_owned(),
            query: query.unwrap_or_default(),
            body: if arrived.body.is_empty() { Value::Null } else { body },
            operation,
            login: login_of(state, &arrived.headers),
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
    shared: &Shared,
    arrived: &Arrived,
    path: &str,
    described: Option<(&Described, BTreeMap<String, String>)>,
    number: u64,
) -> Ending {
    match shared.look(|state| state.outage) {
        Some(Outage::BadGateway) => return Ending::Outage,
        Some(Outage::Cut | Outage::Refused) => return Ending::Cut,
        None => {}
    }
    let (described, places) = match judge(shared, arrived, described, number) {
        Ok(judged) => judged,
        Err(refused) => return Ending::Reply(refused),
    };
    let failure = shared.change(|state| meet_fault(state, number));
    if let Some(failure) = failure.as_ref().filter(|failure| failure.prevents()) {
        return shared.look(|state| prevented(state, failure));
    }
    if failure == Some(Failure::HoldBefore) {
        hold(shared, number).await;
    }
    let reply = shared.change(|state| {
        let request = state.request_mut(number).clone();
        let call = Call {
            method: request.method,
            template: described.path.text().to_owned(),
            path: places,
            query: request.query,
            body: request.body,
            login: request.login.unwrap_or_default(),
            now: state.now(),
            address: format!("{}{path}", state.url),
            drop_assignees: failure == Some(Failure::DropAssignees),
        };
        let reply = api::carry_out(state, &call);
        state.request_mut(number).applied = true;
        reply
    });
    let reply = checked(shared, described, reply, number);
    match failure {
        Some(Failure::HoldAfter) => {
            hold(shared, number).await;
            Ending::Reply(reply)
        }
        Some(Failure::BadGatewayAfter) => Ending::Reply(Reply::error(502, "Server Error")),
        Some(Failure::CutAfter) => Ending::Cut,
        Some(Failure::GarbledAfter) => Ending::Garbled(reply.status),
        _ => Ending::Reply(reply),
    }
}

fn violation(shared: &Shared, number: u64, side: Side, problem: &str) {
    shared.change(|state| {
        let RecordedRequest { method, path, .. } = state.request_mut(number).clone();
        state.violations.push(Violation { request: number, method, path, side, problem: problem.to_owned() });
    });
}

fn meet_fault(state: &mut State, number: u64) -> Option<Failure> {
    let request = state.request_mut(number).clone();
    let struck = state.faults.iter_mut().find_map(|fault| fault.strikes(&request).then(|| fault.failure.clone()));
    state.faults.retain(|fault| fault.times != Some(0));
    if let Some(failure) = &struck {
        state.request_mut(number).failure = Some(format!("{failure:?}"));
    }
    struck
}

async fn hold(shared: &Shared, number: u64) {
    shared.change(|state| state.request_mut(number).held = true);
    shared.until(|state| !state.requests[number as usize - 1].held).await;
}

/// The reply, if it is one that GitHub would give.
fn checked(shared: &Shared, described: &Described, reply: Option<Reply>, number: u64) -> Reply {
    let Some(reply) = reply else {
        let problem = "GitHub has this operation, the stand-in does not";
        violation(shared, number, Side::Answer, problem);
        return Reply::error(501, problem);
    };
    match described.check_answer(reply.status, reply.body.as_ref()) {
        Ok(()) => reply,
        Err(problem) => {
            violation(shared, number, Side::Answer, &problem);
            Reply::error(500, &format!("the stand-in's own answer does not fit GitHub's description: {problem}"))
        }
    }
}
