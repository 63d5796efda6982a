//! Recorded requests, and violations of GitHub's description.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::operation::Operation;

/// A request to the API. It is recorded on arrival and updated when it is carried out and when its response is sent.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedRequest {
    /// Number in order of arrival, from 1.
    pub number: u64,
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query parameters.
    pub query: BTreeMap<String, String>,
    /// The body; null when there was none.
    pub body: Value,
    /// The kind of operation.
    pub operation: Operation,
    /// The user behind its token; `None` without a valid token.
    pub login: Option<String>,
    /// Time of arrival by the stand-in's clock.
    pub at: DateTime<Utc>,
    /// Real time from the stand-in's start to the arrival.
    pub since_start: Duration,
    /// True once it is carried out: its changes are in the state.
    pub applied: bool,
    /// True while a fault holds it.
    pub held: bool,
    /// The response's status; `None` before the response, and when the connection was closed without one.
    pub status: Option<u16>,
    /// The failure that a fault caused, if any.
    pub failure: Option<String>,
}

impl RecordedRequest {
    /// True if it is a write.
    pub fn is_write(&self) -> bool {
        self.method != "GET"
    }
}

/// A request or a response that does not match GitHub's description.
#[derive(Clone, Debug, Serialize)]
pub struct Violation {
    /// The request's number.
    pub request: u64,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The message that does not match: the request or the response.
    pub side: Side,
    /// Description of the mismatch.
    pub problem: String,
}

/// The message that breaks GitHub's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The client's request.
    Request,
    /// The stand-in's response.
    #[serde(rename = "answer")]
    Response,
}
