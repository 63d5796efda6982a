//! The controls: what a test in another process may ask and order, over HTTP.

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
use crate::people::Deed;
use crate::recorded::RecordedRequest;
use crate::shared::Shared;
use crate::state::{Outage, State};

type Shares = Extension<Arc<Shared>>;

/// One thing, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn all(self) -> Vec<T> {
        match self {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => vec![one],
        }
    }
}

/// Everything there is, with the clock.
pub(crate) async fn state(shared: Shares) -> Json<Value> {
    Json(shared.look(|state| {
        let mut shown = serde_json::to_value(state).unwrap_or_default();
        shown["now"] = json!(state.now());
        shown["issues"] = json!(state.issues());
        shown["pulls"] = json!(state.pulls());
        shown["branches"] = json!(state.branches());
        shown["tasks"] = json!(state.tasks());
        shown["hand_overs"] = json!(state.hand_overs());
        shown
    }))
}

pub(crate) async fn inject(shared: Shares, Json(faults): Json<OneOrMany<Fault>>) -> StatusCode {
    shared.change(|state| state.faults.extend(faults.all()));
    StatusCode::NO_CONTENT
}

pub(crate) async fn clear(shared: Shares) -> StatusCode {
    shared.change(|state| {
        state.faults.clear();
        state.set_lag(Lag::None);
        state.release_all();
        state.outage = None;
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct Release {
    number: Option<u64>,
}

/// Lets one held request go on, or all.
pub(crate) async fn release(shared: Shares, Json(release): Json<Release>) -> StatusCode {
    shared.change(|state| match release.number {
        Some(number) => state.requests.iter_mut().filter(|request| request.number == number).for_each(|request| {
            request.held = false;
        }),
        None => state.release_all(),
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct Lagging {
    seconds: Option<u64>,
    #[serde(default)]
    hide_new: bool,
}

/// Lists lag by an age, hide whatever is new, or neither.
pub(crate) async fn lag(shared: Shares, Json(lagging): Json<Lagging>) -> StatusCode {
    shared.change(|state| {
        state.set_lag(lagging.seconds.map_or(Lag::None, |seconds| Lag::For(Duration::from_secs(seconds))));
        if lagging.hide_new {
            state.hide_new_from_lists();
        }
    });
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct Down {
    how: Outage,
    /// After this everything is up again by itself. Needed when connections are refused, the controls' too.
    seconds: Option<f64>,
}

pub(crate) async fn go_down(shared: Shares, Json(down): Json<Down>) -> StatusCode {
    if down.how == Outage::Refused && down.seconds.is_none() {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    shared.change(|state| state.outage = Some(down.how));
    if let Some(seconds) = down.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        let Extension(shared) = shared;
        tokio::spawn(async move {
            tokio::time::sleep(seconds).await;
            shared.change(|state| state.outage = None);
        });
    }
    StatusCode::NO_CONTENT
}

pub(crate) async fn come_back(shared: Shares) -> StatusCode {
    shared.change(|state| state.outage = None);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Turn {
    Now { now: DateTime<Utc> },
    Advance { advance_seconds: u64 },
    Ahead { ahead_seconds: i64 },
}

/// Sets the clock, moves it, or lets it run.
pub(crate) async fn clock(shared: Shares, Json(turn): Json<Turn>) -> StatusCode {
    shared.change(|state| match turn {
        Turn::Now { now } => state.clock = Clock::Manual(now),
        Turn::Advance { advance_seconds } => state.clock.advance(Duration::from_secs(advance_seconds)),
        Turn::Ahead { ahead_seconds } => {
            state.clock = Clock::Real(TimeDelta::try_seconds(ahead_seconds).unwrap_or_default());
        }
    });
    StatusCode::NO_CONTENT
}

pub(crate) async fn people(shared: Shares, Json(deeds): Json<OneOrMany<Deed>>) -> StatusCode {
    shared.change(|state| deeds.all().iter().for_each(|deed| state.do_deed(deed)));
    StatusCode::NO_CONTENT
}

/// What is waited for: at least so many of each, and so many requests that fit.
#[derive(Deserialize)]
pub(crate) struct Awaited {
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
    /// How many requests that fit; one if anything below is given.
    requests: Option<usize>,
    operation: Option<Operation>,
    method: Option<String>,
    /// A part of the path.
    path: Option<String>,
    applied: Option<bool>,
    held: Option<bool>,
    answered: Option<bool>,
    seconds: Option<f64>,
}

impl Awaited {
    fn fits(&self, request: &RecordedRequest) -> bool {
        let agrees = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        self.operation.is_none_or(|operation| operation.covers(request.operation, &request.method))
            && self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && self.path.as_ref().is_none_or(|path| request.path.contains(path.as_str()))
            && agrees(self.applied, request.applied)
            && agrees(self.held, request.held)
            && agrees(self.answered, request.status.is_some())
    }

    fn wanted_requests(&self) -> usize {
        let described = self.operation.is_some() || self.method.is_some() || self.path.is_some();
        let described = described || self.applied.is_some() || self.held.is_some() || self.answered.is_some();
        self.requests.unwrap_or(usize::from(described))
    }

    fn came(&self, state: &State) -> bool {
        let repository = state.repository();
        repository.issues.len() - repository.pulls.len() >= self.issues
            && repository.pulls.len() >= self.pulls
            && repository.branches().len() >= self.branches
            && repository.tasks.len() >= self.tasks
            && repository.hand_overs.len() >= self.hand_overs
            && state.requests.iter().filter(|request| self.fits(request)).count() >= self.wanted_requests()
    }
}

/// Answers as soon as everything waited for is there, with the requests that fit; 408 with the story if it never is.
pub(crate) async fn wait(shared: Shares, Query(awaited): Query<Awaited>) -> (StatusCode, Json<Value>) {
    let seconds = awaited.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let patience = seconds.unwrap_or(Duration::from_secs(30));
    if tokio::time::timeout(patience, shared.until(|state| awaited.came(state))).await.is_err() {
        let story = shared.look(State::story);
        return (StatusCode::REQUEST_TIMEOUT, Json(json!({ "message": "it did not come", "story": story })));
    }
    let requests = shared.look(|state| {
        state.requests.iter().filter(|request| awaited.fits(request)).cloned().collect::<Vec<RecordedRequest>>()
    });
    (StatusCode::OK, Json(json!({ "requests": requests })))
}
