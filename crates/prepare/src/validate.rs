//! Validate: turns raw JSON into a report within the limits, or rejects it with the reason.

mod arrival;
mod fields;
mod received;
mod text;

use std::fmt;

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::{ANONYMOUS_COUNT, SENDER_COUNT};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use arrival::{Arrival, Client, Sender};
pub use received::Received;

/// Record of a field that was changed so that the report could be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Name of the field.
    pub(crate) field: String,
    /// Kind of change.
    pub(crate) done: MarkKind,
}

impl Mark {
    /// The mark of a field that was cut.
    #[must_use]
    pub fn cut(field: &str) -> Self {
        Self { field: field.to_owned(), done: MarkKind::Cut }
    }

    /// The mark of an error that was found in the log lines.
    pub(crate) fn found_in_logs() -> Self {
        Self { field: "error_message".to_owned(), done: MarkKind::FoundInLogs }
    }
}

/// Displays a sentence such as `tags was cut`.
impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = match self.done {
            MarkKind::Dropped => "dropped",
            MarkKind::Cut => "cut",
            MarkKind::FoundInLogs => "replaced by the error that the log lines show",
        };
        write!(formatter, "{} was {change}", self.field)
    }
}

/// Kind of change to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MarkKind {
    /// The field had the wrong type and was dropped.
    Dropped,
    /// The field was over its limit and was cut.
    Cut,
    /// The error was replaced by the one that the log lines show.
    FoundInLogs,
}

/// Reason why a report cannot be used, as a sentence for its sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub String);

/// A report within the limits. Only [`validate`] makes one.
#[derive(Debug)]
pub(crate) struct Valid {
    pub(crate) report: ErrorReport,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
}

/// The id of a report, by which a repeated delivery is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Sent with the report; a repeated delivery has the same id.
    Given(Uuid),
    /// Generated here, because the report had no valid id; it never repeats.
    Generated(Uuid),
}

impl Identity {
    /// Returns the id itself.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Given(id) | Self::Generated(id) => id,
        }
    }
}

/// Reads one raw report. An optional field of the wrong type is dropped, a field over its limit is cut, and both are
/// recorded as marks.
///
/// # Errors
///
/// If it is not an object, or has no usable `error_type` or `error_message`.
pub(crate) fn validate(received: Received<'_>, arrival: Arrival) -> Result<Valid, Rejected> {
    let mut marks = Vec::new();
    let mut report = received.read(&mut marks)?;
    let identity = identity(report.id.as_deref(), &mut marks);
    report.count = Some(limited_count(report.count, arrival.sender));
    if arrival.sender == Sender::Anonymous {
        // Grouping decides which reports become issues, so an unknown sender must not choose the group.
        report.fingerprint = None;
        // The severity is a label of the issue, so an unknown sender must not choose it.
        report.severity = None;
        // An unknown sender has no checkout of the repository, so its lines may hold anything.
        report.source_code = None;
    }
    Ok(Valid { report, identity, arrival, marks })
}

pub(crate) fn identity(given: Option<&str>, marks: &mut Vec<Mark>) -> Identity {
    match given.map(Uuid::parse_str) {
        Some(Ok(id)) => return Identity::Given(id),
        Some(Err(_)) => marks.push(Mark { field: "id".to_owned(), done: MarkKind::Dropped }),
        None => {}
    }
    Identity::Generated(Uuid::new_v4())
}

pub(crate) fn limited_count(claimed: Option<u64>, sender: Sender) -> u64 {
    let limit = if sender == Sender::Anonymous { ANONYMOUS_COUNT } else { SENDER_COUNT };
    claimed.unwrap_or(1).clamp(1, limit)
}

#[cfg(test)]
mod tests;
