//! `Sample`: one report of a group, stored whole.

use autoheal_contract::ErrorReport;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprinted, Part};
use autoheal_prepare::parse::Frame;
use autoheal_prepare::validate::{Mark, Sender};
use serde::{Deserialize, Serialize};

/// One occurrence, kept whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// The scrubbed report.
    pub report: ErrorReport,
    /// Its stack, innermost first.
    pub frames: Vec<Frame>,
    /// Its message without what differs between occurrences.
    pub normalised_message: String,
    /// What went into its fingerprint.
    pub parts: Vec<Part>,
    /// What was dropped or cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// How far its sender was known.
    pub sender: Sender,
    /// When it arrived.
    pub received_at: Timestamp,
}

impl Sample {
    /// What is kept of a record.
    #[must_use]
    pub fn of(record: &Fingerprinted) -> Self {
        Self {
            report: record.report().clone(),
            frames: record.frames().to_vec(),
            normalised_message: record.normalised_message().to_owned(),
            parts: record.parts().to_vec(),
            marks: record.marks().to_vec(),
            sender: record.arrival().sender,
            received_at: record.received_at(),
        }
    }
}
