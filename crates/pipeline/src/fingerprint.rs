//! What makes two failures one group: a versioned hash, and the record of what went into it.

use std::borrow::Cow;
use std::fmt;

use autoheal_contract::{ErrorReport, Severity, Source};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::normalise::normalise_file;
use crate::parse::Frame;
use crate::prepare::Normalised;
use crate::validate::{Arrival, Identity, Mark};

/// Version of the recipe; a new version makes new fingerprints, and the store's aliases keep the groups.
pub const VERSION: u32 = 1;
/// How many in-app frames count, innermost first: enough to tell callers apart, few enough to survive refactoring.
const FRAMES: usize = 6;

/// 128 bits that stand for one group of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Reads the 32 hexadecimal digits [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, at) in bytes.iter_mut().zip((0..32).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One named part that went into the hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Such as `error_type`, `frame`.
    pub name: Cow<'static, str>,
    /// Its value, as hashed.
    pub value: String,
}

/// A prepared record: scrubbed, normalised, fingerprinted. The only thing the store takes in.
#[derive(Debug)]
pub struct Fingerprinted {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    pub(crate) normalised_message: String,
    pub(crate) severity: Severity,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) parts: Vec<Part>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
}

impl Fingerprinted {
    /// The scrubbed report.
    #[must_use]
    pub fn report(&self) -> &ErrorReport {
        &self.report
    }

    /// The stack's frames, innermost first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The message without what differs between two occurrences.
    #[must_use]
    pub fn normalised_message(&self) -> &str {
        &self.normalised_message
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The group's name.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What went into the fingerprint, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The id under which it is counted.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Which kind of sender it claims to come from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.report.source.unwrap_or_default()
    }

    /// When it arrived.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.arrival.received_at
    }
}

/// The last stage: decides which group the failure belongs to.
#[must_use]
pub fn fingerprint(normalised: Normalised) -> Fingerprinted {
    let Normalised { scrubbed, normalised_message, severity } = normalised;
    let report = scrubbed.report;
    let parts = parts(&report, &scrubbed.frames, &normalised_message);
    let fingerprint = hash(&parts);
    Fingerprinted {
        report,
        frames: scrubbed.frames,
        normalised_message,
        severity,
        fingerprint,
        parts,
        identity: scrubbed.identity,
        arrival: scrubbed.arrival,
        marks: scrubbed.marks,
    }
}

fn parts(report: &ErrorReport, frames: &[Frame], message: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(FRAMES + 4);
    let mut part = |name: &'static str, value: String| parts.push(Part { name: name.into(), value });
    part("source", report.source.unwrap_or_default().name().to_owned());
    if let Some(chosen) = &report.fingerprint {
        part("chosen", chosen.clone());
        return parts;
    }
    part("error_type", report.error_type.trim().to_owned());
    if let Some(rpc) = &report.rpc {
        if let Some(code) = rpc.code {
            part("code", code.to_string());
        }
        if let Some(name) = rpc.tool.as_ref().or(rpc.method.as_ref()) {
            part("call", name.clone());
        }
    }
    let mut usable = frames.iter().filter(|frame| frame.in_app).filter_map(frame_name).peekable();
    if usable.peek().is_some() {
        usable.take(FRAMES).for_each(|name| part("frame", name));
    } else {
        // "No such file" of two programs are two failures.
        if let Some(program) = program(report) {
            part("program", program.to_owned());
        }
        part("message", message.to_owned());
    }
    parts
}

/// The name of the command line's program, without where it is installed.
fn program(report: &ErrorReport) -> Option<&str> {
    let has_one = matches!(report.source, Some(Source::Cli | Source::Rust));
    let command = report.command.as_deref().filter(|_| has_one)?;
    command.split_whitespace().next()?.rsplit(['/', '\\']).next()
}

/// Function and file: line numbers move with every edit above them.
fn frame_name(frame: &Frame) -> Option<String> {
    let file = normalise_file(frame.file.as_deref()?);
    Some(format!("{} in {file}", frame.function.as_deref().unwrap_or("?")))
}

fn hash(parts: &[Part]) -> Fingerprint {
    let mut hasher = Sha256::new();
    hasher.update(VERSION.to_le_bytes());
    for Part { name, value } in parts {
        // Lengths keep `ab` + `c` apart from `a` + `bc`.
        for text in [name.as_ref(), value] {
            hasher.update(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            hasher.update(text);
        }
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    Fingerprint(bytes)
}
