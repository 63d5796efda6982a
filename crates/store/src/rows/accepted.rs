//! `Accepted`: the result of counting one record.

use autoheal_prepare::fingerprint::Fingerprint;
use uuid::Uuid;

/// The result of counting one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The report's id.
    pub id: Uuid,
    /// Fingerprint of the group that counts this id.
    pub fingerprint: Fingerprint,
    /// True if this id was counted before, so that the record was not counted again.
    pub duplicate: bool,
    /// Occurrences of its group so far, this record included.
    pub count: u64,
}
