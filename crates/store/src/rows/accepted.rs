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
    /// True if its group keeps no sample of another report like it, so that such a report may be counted as a
    /// [`Record::Repeat`](crate::Record::Repeat). False for a duplicate, which does not decide about it, and for the second
    /// report of a call, because those of other calls are probably second ones, too.
    pub may_repeat: bool,
}
