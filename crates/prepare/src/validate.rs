//! The first stage: raw JSON becomes a report within the limits, or is refused with the reason.

mod fields;
mod text;

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::{ANONYMOUS_COUNT, SENDER_COUNT};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::Timestamp;

pub use fields::RawReport;
use text::show_lone_surrogates;

/// Project of every report that names none.
pub const DEFAULT_PROJECT: &str = "default";

/// Who handed a report in, and when: facts the sender cannot choose.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The project the report belongs to.
    pub project: String,
    /// How far the sender is known.
    pub sender: Sender,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// How far the sender of a report is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// Anybody: a browser, a stranger.
    Anonymous,
    /// Showed a sender key, which never is in a browser.
    Keyed,
    /// This very process, on the operator's own command line.
    Local,
}

/// What was done to a field so that the report could be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The field, as in `rpc.tool`.
    pub field: String,
    /// What was done.
    pub done: MarkKind,
}

/// What was done to one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// It had the wrong type and was left out.
    Dropped,
    /// It was over its limit and was cut.
    Cut,
}

/// Why a report cannot be used: a sentence for its sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub String);

/// A report within the limits. Only [`validate`] makes one.
#[derive(Debug)]
pub struct Valid {
    pub(crate) report: ErrorReport,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
}

/// The `id` under which a report is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Chosen by the sender: a repeated delivery carries it again.
    Given(Uuid),
    /// Made here, because the sender sent none; it can never come again.
    Made(Uuid),
}

impl Identity {
    /// The id itself.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Given(id) | Self::Made(id) => id,
        }
    }
}

/// Reads one raw report; a wrong type in an optional field drops that field, too much text is cut, both are marked.
///
/// # Errors
///
/// When it is not an object, or has no usable `error_type` or `error_message`.
pub fn validate(raw: &RawValue, arrival: Arrival) -> Result<Valid, Rejected> {
    let shown;
    let raw: RawReport<'_> = match serde_json::from_str(raw.get()) {
        Ok(raw) => raw,
        Err(_) => {
            // Half a surrogate pair in a member's name must not lose the report.
            shown = show_lone_surrogates(raw.get());
            serde_json::from_str(&shown)
                .map_err(|_| Rejected("a report is a JSON object with error_type and error_message".to_owned()))?
        }
    };
    let mut marks = Vec::new();
    let mut report = raw.read(&mut marks)?;
    let identity = identity(report.id.as_deref(), &mut marks);
    report.count = Some(honest_count(report.count, arrival.sender));
    if arrival.sender == Sender::Anonymous {
        // Grouping decides what becomes an issue, so strangers do not choose it.
        report.fingerprint = None;
    }
    Ok(Valid { report, identity, arrival, marks })
}

fn identity(given: Option<&str>, marks: &mut Vec<Mark>) -> Identity {
    match given.map(Uuid::parse_str) {
        Some(Ok(id)) => return Identity::Given(id),
        Some(Err(_)) => marks.push(Mark { field: "id".to_owned(), done: MarkKind::Dropped }),
        None => {}
    }
    Identity::Made(Uuid::new_v4())
}

fn honest_count(claimed: Option<u64>, sender: Sender) -> u64 {
    let most = if sender == Sender::Anonymous { ANONYMOUS_COUNT } else { SENDER_COUNT };
    claimed.unwrap_or(1).clamp(1, most)
}

#[cfg(test)]
mod tests;
