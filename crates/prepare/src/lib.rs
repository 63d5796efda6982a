//! Prepare: turns a raw report into a record that is scrubbed, normalised and fingerprinted. Pure and synchronous.
//!
//! Each stage takes the type that the stage before it returns, so that a wrong order does not compile:
//! `RawValue → Valid → Parsed → Scrubbed → Normalised → Fingerprinted`. The store accepts only the last type.

#[cfg(test)]
mod cpu_time;
pub mod excerpt;
pub mod fingerprint;
mod hex;
pub mod normalise;
pub mod parse;
pub mod rules;
pub mod scrub;
mod server_failure;
pub mod severity;
pub mod shell;
mod timestamp;
pub mod validate;

use autoheal_scrub::Level;
use serde_json::value::RawValue;

pub use autoheal_scrub::Level as ScrubLevel;
pub use hex::Hex;
pub use server_failure::{ServerFailure, headline};
pub use timestamp::Timestamp;

use fingerprint::{Fingerprinted, fingerprint};
use normalise::normalise;
use parse::parse;
use rules::Rules;
use scrub::scrub;
use validate::{Arrival, Rejected, validate};

/// Runs all stages on one report.
///
/// # Errors
///
/// If the report cannot be used at all. The error is a sentence for the sender.
pub fn prepare(raw: &RawValue, arrival: Arrival, level: Level) -> Result<Fingerprinted, Rejected> {
    prepare_with(raw, arrival, level, &Rules::default())
}

/// Runs all stages on one report, with the operator's rules.
///
/// # Errors
///
/// If the report cannot be used at all. The error is a sentence for the sender.
pub fn prepare_with(raw: &RawValue, arrival: Arrival, level: Level, rules: &Rules) -> Result<Fingerprinted, Rejected> {
    // cut fields to their limits, drop fields of the wrong type
    let valid = validate(raw, arrival)?;
    // parse the stack into frames
    let mut parsed = parse(valid);
    rules.judge(&mut parsed.frames);
    // remove secrets and personal data; the later stages never see the original text
    let scrubbed = scrub(parsed, level);
    // replace what differs between occurrences in the message, rate the severity
    let normalised = normalise(scrubbed);
    // compute the hash by which occurrences are grouped
    Ok(fingerprint(normalised, rules))
}
