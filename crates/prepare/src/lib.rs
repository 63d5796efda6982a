//! Prepare: turns a raw report into a record that is scrubbed, normalised and fingerprinted. Pure and synchronous.
//!
//! Each stage takes the type that the stage before it returns, so that a wrong order does not compile:
//! `Received → Valid → Parsed → Symbolicated → Scrubbed → Normalised → Fingerprinted`. The store accepts only the last type,
//! and [`Repeat`](repeat::Repeat), which holds only what is counted of a report that was prepared before.

mod arguments;
mod browser;
mod call_end;
#[cfg(test)]
mod cpu_time;
pub mod excerpt;
pub mod fingerprint;
mod hex;
mod noise;
pub mod normalise;
pub mod parse;
pub mod repeat;
pub mod rules;
pub mod scrub;
mod server_failure;
pub mod severity;
pub mod shell;
pub mod symbolicate;
mod timestamp;
pub mod validate;

use autoheal_scrub::Level;
use serde_json::value::RawValue;

pub use arguments::without_arguments;
pub use autoheal_scrub::{KnownSecrets, Level as ScrubLevel};
pub use browser::Browser;
pub use call_end::{CallEnd, CallKey, request_key};
pub use fingerprint::{Trait, server_name};
pub use hex::Hex;
pub use noise::NoiseRule;
pub use server_failure::{ServerFailure, headline};
pub use timestamp::Timestamp;

use fingerprint::{Fingerprinted, fingerprint};
use normalise::normalise;
use parse::{Parsed, parse};
use rules::Rules;
use scrub::scrub;
use symbolicate::{Maps, Script, scripts, symbolicate};
use validate::{Arrival, Received, Rejected, validate};

/// Runs all stages on one report, without source maps.
///
/// # Errors
///
/// If the report cannot be used at all. The error is a sentence for the sender.
pub fn prepare(raw: &RawValue, arrival: Arrival, level: Level) -> Result<Fingerprinted, Rejected> {
    prepare_with(raw, arrival, level, &Rules::default())
}

/// Runs all stages on one report, with the operator's rules, without source maps.
///
/// # Errors
///
/// If the report cannot be used at all. The error is a sentence for the sender.
pub fn prepare_with(raw: &RawValue, arrival: Arrival, level: Level, rules: &Rules) -> Result<Fingerprinted, Rejected> {
    Ok(begin(raw, arrival)?.finish(level, &|_, _, _| None, rules))
}

/// Runs the stages before the source maps, so that the caller can load the maps of [`Begun::scripts`].
///
/// # Errors
///
/// If the report cannot be used at all. The error is a sentence for the sender.
pub fn begin(raw: &RawValue, arrival: Arrival) -> Result<Begun, Rejected> {
    Received::of(raw).begin(arrival)
}

impl Received<'_> {
    /// Runs the stages before the source maps, as [`begin`] does.
    ///
    /// # Errors
    ///
    /// If the report cannot be used at all. The error is a sentence for the sender.
    pub fn begin(self, arrival: Arrival) -> Result<Begun, Rejected> {
        // cut fields to their limits, drop fields of the wrong type
        let valid = validate(self, arrival)?;
        // parse the stack into frames
        Ok(Begun(parse(valid)))
    }
}

/// A report with its frames as the engine printed them. Holds original text, so nothing of it may be kept.
#[derive(Debug)]
pub struct Begun(Parsed);

impl Begun {
    /// Returns the project.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.0.arrival.project
    }

    /// Returns the release that the report names.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.0.report.release.as_deref()
    }

    /// Returns the generated files whose source maps are of use, each once.
    #[must_use]
    pub fn scripts(&self) -> Vec<Script> {
        scripts(&self.0.report, &self.0.frames)
    }

    /// Runs the remaining stages, with the operator's rules.
    #[must_use]
    pub fn finish(self, level: Level, maps: Maps<'_>, rules: &Rules) -> Fingerprinted {
        // replace frames in generated code by those of the original source
        let mut symbolicated = symbolicate(self.0, maps);
        rules.judge(&mut symbolicated.frames);
        rules.judge(&mut symbolicated.origin);
        // after the rules, because they decide which frames are the application's own
        symbolicated.take_source_code();
        // remove secrets and personal data; the later stages never see the original text
        let scrubbed = scrub(symbolicated, level);
        // replace what differs between occurrences in the message, rate the severity
        let normalised = normalise(scrubbed);
        // compute the hash by which occurrences are grouped
        fingerprint(normalised, rules)
    }
}
