//! `Sample`: one report of a group, cut if it is very large.

mod bounds;

use autoheal_contract::ErrorReport;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprinted, Part};
use autoheal_prepare::parse::Frame;
use autoheal_prepare::symbolicate::Code;
use autoheal_prepare::validate::{Mark, Sender};
use serde::{Deserialize, Serialize};

use super::{ClientHash, SampleId};

/// One report of a group. A very large one is cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// Its id.
    #[serde(skip)]
    pub id: SampleId,
    /// The client that sent it; none in a store of an earlier version.
    #[serde(skip)]
    pub client: Option<ClientHash>,
    /// The scrubbed report.
    pub report: ErrorReport,
    /// Its stack, innermost first.
    pub frames: Vec<Frame>,
    /// True if source maps replaced frames of generated code; the report's stack is as it was sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mapped: bool,
    /// Lines of source around the application's own frames.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Code>,
    /// Its message with placeholders for the parts that differ between occurrences.
    pub normalised_message: String,
    /// The parts that its fingerprint was computed from.
    pub parts: Vec<Part>,
    /// Fields that were dropped or cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Trust in its sender.
    pub sender: Sender,
    /// Time of its arrival.
    pub received_at: Timestamp,
}

impl Sample {
    /// Makes the sample of a record, of at most 64 KiB as JSON.
    #[must_use]
    pub fn of(record: &Fingerprinted) -> Self {
        let mut sample = Self {
            id: SampleId::default(),
            client: None,
            report: record.report().clone(),
            frames: record.frames().to_vec(),
            mapped: record.is_mapped(),
            code: record.code().to_vec(),
            normalised_message: record.normalised_message().to_owned(),
            parts: record.parts().to_vec(),
            marks: record.marks().to_vec(),
            sender: record.arrival().sender,
            received_at: record.received_at(),
        };
        bounds::cut(&mut sample);
        sample
    }
}
