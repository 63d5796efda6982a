//! The control API: tests in other processes read and change the stand-in over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State as Extension};
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::fault::Fault;
use crate::model::Lag;
use crate::operation::Operation;
use crate::recorded::RecordedRequest;
use crate::shared_state::SharedState;
use crate::state::{Outage, State};
use crate::user_action::UserAction;

type Shared = Extension<Arc<SharedState>>;

/// One value or a list of values.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            OneOrMany::Many(many) => many,
            OneOrMany::One(one) => vec![one],
        }
    }
}

/// Responds with the whole state and the current time.
pub(crate) async fn state(shared: Shared) -> Json<Value> {
    Json(shared.read(|state| {
        let mut json = serde_json::to_value(state).unwrap_or_default();
        json["now"] = json!(state.now());
        json["issues"] = json!(state.issues());
        json["pulls"] = json!(state.pulls());
        json["branches"] = json!(state.branches());
        json["tasks"] = json!(state.tasks());
        json["hand_overs"] = json!(state.hand_overs());
        json
    }))
}

pub(crate) async fn inject(shared: Shared, Json(faults): Json<OneOrMany<Fault>>) -> StatusCode {
    shared.update(|state| state.faults.extend(faults.into_vec()));
    StatusCode::NO_CONTENT
}

pub(crate) async fn clear(shared: Shared) -> StatusCode {
    shared.update(|state| {
        state.faults.clear();
        state.set_lag(Lag::None);
        state.release_all();
        state.outage = None;
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct Release {
    /// The request to release; `None` for all.
    number: Option<u64>,
}

/// Releases one held request, or all.
pub(crate) async fn release(shared: Shared, Json(release): Json<Release>) -> StatusCode {
    shared.update(|state| match release.number {
        Some(number) => state.requests.iter_mut().filter(|request| request.number == number).for_each(|request| {
            request.held = false;
        }),
        None => state.release_all(),
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct LagSettings {
    /// Hides entries younger than this.
    seconds: Option<u64>,
    /// Hides all entries that are created from now on.
    #[serde(default)]
    hide_new: bool,
}

/// Sets the lag of lists: an age, hide everything new, or none.
pub(crate) async fn lag(shared: Shared, Json(settings): Json<LagSettings>) -> StatusCode {
    shared.update(|state| {
        state.set_lag(settings.seconds.map_or(Lag::None, |seconds| Lag::For(Duration::from_secs(seconds))));
        if settings.hide_new {
            state.hide_new_from_lists();
        }
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct OutageSettings {
    #[serde(rename = "how")]
    kind: Outage,
    /// Duration of the outage. Required when connections are refused, because those for the controls are refused, too.
    seconds: Option<f64>,
}

pub(crate) async fn start_outage(shared: Shared, Json(settings): Json<OutageSettings>) -> StatusCode {
    if settings.kind == Outage::Refused && settings.seconds.is_none() {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    shared.update(|state| state.outage = Some(settings.kind));
    if let Some(seconds) = settings.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        let Extension(shared) = shared;
        tokio::spawn(async move {
            tokio::time::sleep(seconds).await;
            shared.update(|state| state.outage = None);
        });
    }
    StatusCode::NO_CONTENT
}

pub(crate) async fn end_outage(shared: Shared) -> StatusCode {
    shared.update(|state| state.outage = None);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum ClockChange {
    Now { now: DateTime<Utc> },
    Advance { advance_seconds: u64 },
    Ahead { ahead_seconds: i64 },
}

/// Stops the clock at a time, advances it, or runs it with an offset to real time.
pub(crate) async fn clock(shared: Shared, Json(change): Json<ClockChange>) -> StatusCode {
    shared.update(|state| match change {
        ClockChange::Now { now } => state.clock = Clock::Manual(now),
        ClockChange::Advance { advance_seconds } => state.clock.advance(Duration::from_secs(advance_seconds)),
        ClockChange::Ahead { ahead_seconds } => {
            state.clock = Clock::Real(TimeDelta::try_seconds(ahead_seconds).unwrap_or_default());
        }
    });
    StatusCode::NO_CONTENT
}

pub(crate) async fn user_actions(shared: Shared, Json(actions): Json<OneOrMany<UserAction>>) -> StatusCode {
    shared.update(|state| actions.into_vec().iter().for_each(|action| state.perform(action)));
    StatusCode::NO_CONTENT
}

/// Conditions of a wait: minimum counts, and a minimum count of requests that match a filter.
#[derive(Deserialize)]
pub(crate) struct WaitConditions {
    #[serde(default)]
    issues: usize,
    #[serde(default)]
    pulls: usize,
    #[serde(default)]
    branches: usize,
    #[serde(default)]
    tasks: usize,
    #[serde(default)]
    hand_overs: usize,
    /// Minimum number of matching requests; 1 if a filter is given, otherwise 0.
    requests: Option<usize>,
    operation: Option<Operation>,
    method: Option<String>,
    /// Text that the path must contain.
    path: Option<String>,
    applied: Option<bool>,
    held: Option<bool>,
    /// True for requests with a response.
    answered: Option<bool>,
    /// Timeout; 30 s if absent.
    seconds: Option<f64>,
}

impl WaitConditions {
    fn matches(&self, request: &RecordedRequest) -> bool {
        let equals = |expected: Option<bool>, actual: bool| expected.is_none_or(|expected| expected == actual);
        self.operation.is_none_or(|operation| operation.covers(request.operation, &request.method))
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && self.path.as_ref().is_none_or(|path| request.path.contains(path.as_str()))
            && equals(self.applied, request.applied)
            && equals(self.held, request.held)
            && equals(self.answered, request.status.is_some())
    }

    fn min_requests(&self) -> usize {
        let has_filter = self.operation.is_some() || self.method.is_some() || self.path.is_some();
        let has_filter = has_filter || self.applied.is_some() || self.held.is_some() || self.answered.is_some();
        self.requests.unwrap_or(usize::from(has_filter))
    }

    fn are_met(&self, state: &State) -> bool {
        let repository = state.repository();
        repository.issues.len() - repository.pulls.len() >= self.issues
            && repository.pulls.len() >= self.pulls
            && repository.branches().len() >= self.branches
            && repository.tasks.len() >= self.tasks
            && repository.hand_overs.len() >= self.hand_overs
            && state.requests.iter().filter(|request| self.matches(request)).count() >= self.min_requests()
    }
}

/// Waits for the conditions, then responds with the matching requests. After the timeout it responds 408 with a log of
/// all requests.
pub(crate) async fn wait(shared: Shared, Query(conditions): Query<WaitConditions>) -> (StatusCode, Json<Value>) {
    let seconds = conditions.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let timeout = seconds.unwrap_or(Duration::from_secs(30));
    if tokio::time::timeout(timeout, shared.wait_until(|state| conditions.are_met(state))).await.is_err() {
        let log = shared.read(State::request_log);
        return (StatusCode::REQUEST_TIMEOUT, Json(json!({ "message": "the conditions were not met", "story": log })));
    }
    let requests = shared.read(|state| {
        state.requests.iter().filter(|request| conditions.matches(request)).cloned().collect::<Vec<RecordedRequest>>()
    });
    (StatusCode::OK, Json(json!({ "requests": requests })))
}
