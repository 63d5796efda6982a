//! The first half on one page: a raw report in, a scrubbed and fingerprinted record out; pure and synchronous.
//!
//! Each stage takes the type the stage before it made, so a wrong order does not compile:
//! `RawValue → Valid → Parsed → Scrubbed → Normalised → Fingerprinted`. The store accepts only the last.

use autoheal_contract::{ErrorReport, Severity};
use autoheal_scrub::Level;
use serde_json::value::RawValue;

use crate::fingerprint::{Fingerprinted, fingerprint};
use crate::normalise::normalise_message;
use crate::parse::{Frame, parse_stack_from};
use crate::scrub::{Scrubbed, scrub};
use crate::severity::severity;
use crate::validate::{Arrival, Identity, Mark, Rejected, Valid, validate};

/// Runs the whole first half over one report.
///
/// # Errors
///
/// When the report cannot be used at all; the reason is a sentence for its sender.
pub fn prepare(raw: &RawValue, arrival: Arrival, level: Level) -> Result<Fingerprinted, Rejected> {
    // within the limits, wrong types dropped and marked
    let valid = validate(raw, arrival)?;
    // the stack becomes frames
    let parsed = parse(valid);
    // secrets and personal data leave; nothing after this line ever saw the original
    let scrubbed = scrub(parsed, level);
    // what differs between two occurrences of one failure leaves the message; severity is judged
    let normalised = normalise(scrubbed);
    // what makes two failures one group
    Ok(fingerprint(normalised))
}

/// A report whose stack has become frames, innermost first.
#[derive(Debug)]
pub struct Parsed {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
}

fn parse(valid: Valid) -> Parsed {
    let Valid { report, identity, arrival, marks } = valid;
    let stack = report.stack_trace.as_deref().unwrap_or_default();
    let frames = parse_stack_from(report.source.unwrap_or_default(), stack, &report.error_message);
    Parsed { report, frames, identity, arrival, marks }
}

/// A scrubbed report with its message normalised and its severity judged.
#[derive(Debug)]
pub struct Normalised {
    pub(crate) scrubbed: Scrubbed,
    pub(crate) normalised_message: String,
    pub(crate) severity: Severity,
}

fn normalise(scrubbed: Scrubbed) -> Normalised {
    let normalised_message = normalise_message(&scrubbed.report.error_message);
    let severity = severity(&scrubbed.report);
    Normalised { scrubbed, normalised_message, severity }
}
