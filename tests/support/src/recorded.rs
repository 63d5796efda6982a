//! What came in, what became of it, and what was wrong with it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::operation::Operation;

/// A request to the API. It is recorded when it arrives and completed as it is carried out and answered.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedRequest {
    /// Counts from 1 in order of arrival.
    pub number: u64,
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query parameters.
    pub query: BTreeMap<String, String>,
    /// The body; null when there was none.
    pub body: Value,
    /// What it asked for.
    pub operation: Operation,
    /// Whose token it came with; none when there was no good one.
    pub login: Option<String>,
    /// When it arrived, by the stand-in's clock.
    pub at: DateTime<Utc>,
    /// When it arrived, by real time since the stand-in started.
    pub since_start: Duration,
    /// Whether it was carried out: whatever it writes is written.
    pub applied: bool,
    /// Whether it is being kept waiting by a fault.
    pub held: bool,
    /// The status it was answered with; none while it waits, and when the connection was cut.
    pub status: Option<u16>,
    /// The fault it met, if any.
    pub failure: Option<String>,
}

impl RecordedRequest {
    /// Whether it was meant to change something.
    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }
}

/// A request or an answer that does not fit GitHub's description.
#[derive(Clone, Debug, Serialize)]
pub struct Violation {
    /// The request's number.
    pub request: u64,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Whose fault it is.
    pub side: Side,
    /// What does not fit.
    pub problem: String,
}

/// Who broke the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The caller: its request is not one that GitHub describes.
    Request,
    /// The stand-in: its answer is not one that GitHub would give.
    Answer,
}
