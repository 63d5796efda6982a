//! `Record`: what is counted into a group.

use autoheal_contract::Source;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_prepare::repeat::Repeat;
use autoheal_prepare::validate::{Arrival, Identity};
use autoheal_prepare::{CallEnd, Timestamp};

/// A report to be counted into its group.
#[derive(Debug)]
pub enum Record {
    /// A prepared report. If its group does not exist, it is created. Boxed, because it is much larger than a repeat.
    Prepared(Box<Fingerprinted>),
    /// A further report of a failure that was prepared before. Its group must exist.
    Repeat(Repeat),
}

impl From<Fingerprinted> for Record {
    fn from(record: Fingerprinted) -> Self {
        Self::Prepared(Box::new(record))
    }
}

impl Record {
    /// Returns the fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Prepared(record) => record.fingerprint(),
            Self::Repeat(repeat) => repeat.fingerprint(),
        }
    }

    /// Returns the project, the sender and the time of its arrival.
    #[must_use]
    pub fn arrival(&self) -> &Arrival {
        match self {
            Self::Prepared(record) => record.arrival(),
            Self::Repeat(repeat) => repeat.arrival(),
        }
    }

    /// Returns the name of the rule by which the report is noise; none if it is none.
    #[must_use]
    pub fn noise(&self) -> Option<&str> {
        match self {
            Self::Prepared(record) => record.noise(),
            Self::Repeat(repeat) => repeat.noise(),
        }
    }

    /// The report, unless it is a repeat.
    pub(crate) fn prepared(&self) -> Option<&Fingerprinted> {
        match self {
            Self::Prepared(record) => Some(record),
            Self::Repeat(_) => None,
        }
    }

    /// The end of a call that the report was made at.
    pub(crate) fn call_end(&self) -> Option<CallEnd> {
        match self {
            Self::Prepared(record) => CallEnd::of(record.report()),
            Self::Repeat(repeat) => repeat.end(),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        match self {
            Self::Prepared(record) => record.identity(),
            Self::Repeat(repeat) => repeat.identity(),
        }
    }

    pub(crate) fn received_at(&self) -> Timestamp {
        self.arrival().received_at
    }

    pub(crate) fn source(&self) -> Source {
        match self {
            Self::Prepared(record) => record.source(),
            Self::Repeat(repeat) => repeat.source(),
        }
    }

    /// Number of occurrences that the report counts.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Prepared(record) => record.report().count.unwrap_or(1),
            Self::Repeat(repeat) => repeat.count(),
        }
    }

    pub(crate) fn release(&self) -> Option<&str> {
        match self {
            Self::Prepared(record) => record.report().release.as_deref(),
            Self::Repeat(repeat) => repeat.release(),
        }
    }

    /// The client that the report names. No repeat is from one of autoheal's own programs, whose clients are counted by it.
    pub(crate) fn named_client(&self) -> Option<&str> {
        match self {
            Self::Prepared(record) => record.report().client.as_deref(),
            Self::Repeat(_) => None,
        }
    }
}
