//! Fingerprint: the hash by which occurrences of one failure are grouped, with the parts that it was computed from.

mod cause;
mod failure;
mod former;
mod frame;
mod parts;
mod place;
mod program;
mod related;
mod shape;
mod version_1;

use std::borrow::Cow;
use std::fmt;

use autoheal_contract::{ErrorReport, Severity, Source};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Timestamp;
use crate::hex::Hex;
use crate::normalise::Normalised;
use crate::parse::{Frame, SentError, is_of_javascript, parse_stack_from};
use crate::rules::Rules;
use crate::symbolicate::Code;
use crate::validate::{Arrival, Identity, Mark};

pub use parts::is_outage;
pub use program::server_name;
pub use related::Trait;

/// Version of the computation. It is part of the hash, so that a new version makes new fingerprints.
const VERSION: u32 = 2;

/// 128 bits that identify a group of occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Parses the 32 hexadecimal digits that [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, start) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&text[start..start + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// Displays 32 lower-case hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(formatter)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a fingerprint has 32 hexadecimal digits"))
    }
}

/// One named part of a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Name, such as `error_type` or `frame`.
    pub name: Cow<'static, str>,
    /// Value, as hashed.
    pub value: String,
}

/// A prepared record: scrubbed, normalised and fingerprinted. The store accepts nothing else.
#[derive(Debug)]
pub struct Fingerprinted {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    pub(crate) origin: Vec<Frame>,
    pub(crate) generated: Vec<Frame>,
    pub(crate) code: Vec<Code>,
    has_common_form: bool,
    pub(crate) normalised_message: String,
    pub(crate) severity: Severity,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) parts: Vec<Part>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
    pub(crate) sent: Option<Box<SentError>>,
    noise: Option<Cow<'static, str>>,
}

impl Fingerprinted {
    /// Returns the scrubbed report.
    #[must_use]
    pub fn report(&self) -> &ErrorReport {
        &self.report
    }

    /// Returns the frames to show, innermost first: those of the stack. Before them come those of the cause that the error
    /// wraps; without a stack, the place that the message names stands for them. The frames of the stack alone decide about
    /// the group.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        if self.origin.is_empty() { &self.frames } else { &self.origin }
    }

    /// Returns the lines of source around the application's own frames.
    #[must_use]
    pub fn code(&self) -> &[Code] {
        &self.code
    }

    /// Returns the lines of source, so that the caller can remove those that may not be shown.
    pub fn code_mut(&mut self) -> &mut Vec<Code> {
        &mut self.code
    }

    /// Returns true if frames were replaced by those of the original source.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        !self.generated.is_empty()
    }

    /// Computes the fingerprint that this report has without source maps; none if no map was used. Its group keeps its
    /// issue when the maps arrive later, because the store looks for it before it opens a new group.
    #[must_use]
    pub fn generated_fingerprint(&self) -> Option<Fingerprint> {
        let fingerprint =
            || hash(VERSION, &self.parts_with(&self.generated, &self.normalised_message, former::without_arguments));
        self.is_mapped().then(fingerprint)
    }

    /// Returns the message with placeholders for the parts that differ between occurrences.
    #[must_use]
    pub fn normalised_message(&self) -> &str {
        &self.normalised_message
    }

    /// Returns the severity.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Computes the fingerprint that the previous version gave this report. Its group keeps its issue, because the store
    /// looks for it before it opens a new group. Not computed beforehand, because only a group's first report needs it.
    #[must_use]
    pub fn previous_fingerprint(&self) -> Fingerprint {
        let Some(sent) = self.sent.as_deref() else {
            let stack = self.report.stack_trace.as_deref().unwrap_or_default();
            // in a report of a page, the previous version knew stacks of JavaScript only
            let is_known =
                self.source() != Source::JavascriptSdk || is_of_javascript(stack, &self.report.error_message);
            let frames = if self.is_mapped() { &self.generated } else { &self.frames };
            return version_1::fingerprint(&self.report, if is_known { frames } else { &[] });
        };
        // the previous version believed the sender
        let mut report = self.report.clone();
        report.error_type.clone_from(&sent.error_type);
        report.error_message.clone_from(&sent.error_message);
        let stack = sent.stack_trace.as_deref().unwrap_or_default();
        version_1::fingerprint(&report, &parse_stack_from(self.source(), stack, &sent.error_message))
    }

    /// Computes the fingerprints that earlier recipes of this version gave this report. The store looks for them as it does
    /// for the [previous one](Self::previous_fingerprint). Empty for most reports.
    #[must_use]
    pub fn former_fingerprints(&self) -> Vec<Fingerprint> {
        former::fingerprints(self)
    }

    fn parts_with(&self, frames: &[Frame], message: &str, of_call: fn(&ErrorReport, &str) -> String) -> Vec<Part> {
        parts::parts(&self.report, frames, message, self.has_common_form, of_call)
    }

    /// Returns the parts of the fingerprint, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the name of the rule by which the report is noise; none if it is none.
    #[must_use]
    pub fn noise(&self) -> Option<&str> {
        self.noise.as_deref()
    }

    /// Returns the report's id.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Returns the project, the sender and the time of its arrival.
    #[must_use]
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// Returns the fields that were dropped or cut.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Returns the kind of sender that the report claims.
    #[must_use]
    pub fn source(&self) -> Source {
        self.report.source.unwrap_or_default()
    }

    /// Returns the time of its arrival.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.arrival.received_at
    }
}

/// Computes the fingerprint, the last stage.
#[must_use]
pub(crate) fn fingerprint(normalised: Normalised, rules: &Rules) -> Fingerprinted {
    let Normalised { scrubbed, normalised_message, has_common_form, severity } = normalised;
    let report = scrubbed.report;
    let by_rule = rules.parts(&report, &scrubbed.frames);
    let parts = by_rule.unwrap_or_else(|| {
        let of_call = former::without_arguments;
        parts::parts(&report, &scrubbed.frames, &normalised_message, has_common_form, of_call)
    });
    let fingerprint = hash(VERSION, &parts);
    let noise = rules.noise(&report, &scrubbed.frames);
    Fingerprinted {
        noise,
        report,
        frames: scrubbed.frames,
        origin: scrubbed.origin,
        generated: scrubbed.generated,
        code: scrubbed.code,
        has_common_form,
        normalised_message,
        severity,
        fingerprint,
        parts,
        identity: scrubbed.identity,
        arrival: scrubbed.arrival,
        marks: scrubbed.marks,
        sent: scrubbed.sent,
    }
}

fn hash(version: u32, parts: &[Part]) -> Fingerprint {
    let mut hasher = Sha256::new();
    hasher.update(version.to_le_bytes());
    for Part { name, value } in parts {
        // With the lengths in the hash, `ab` + `c` differs from `a` + `bc`.
        for text in [name.as_ref(), value] {
            hasher.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            hasher.update(text);
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    Fingerprint(bytes)
}

#[cfg(test)]
pub(crate) mod tests;
