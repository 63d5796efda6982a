//! `Accepted`: the result of counting one record.

use autoheal_prepare::fingerprint::Fingerprint;
use uuid::Uuid;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id it was counted under.
    pub id: Uuid,
    /// The fingerprint it was filed under.
    pub fingerprint: Fingerprint,
    /// Whether this id was counted before.
    pub duplicate: bool,
}
