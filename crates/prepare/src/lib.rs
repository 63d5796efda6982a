//! Prepare: a raw report in, one known failure out: scrubbed, normalised, fingerprinted. Pure and synchronous.
//!
//! Each stage takes the type the stage before it made, so a wrong order does not compile:
//! `RawValue → Valid → Parsed → Scrubbed → Normalised → Fingerprinted`. The store accepts only the last.

pub mod excerpt;
pub mod fingerprint;
mod hex;
pub mod normalise;
pub mod parse;
pub mod scrub;
pub mod severity;
pub mod shell;
mod timestamp;
pub mod validate;

use autoheal_scrub::Level;
use serde_json::value::RawValue;

pub use autoheal_scrub::Level as ScrubLevel;
pub use hex::Hex;
pub use timestamp::Timestamp;

use fingerprint::{Fingerprinted, fingerprint};
use normalise::normalise;
use parse::parse;
use scrub::scrub;
use validate::{Arrival, Rejected, validate};

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
