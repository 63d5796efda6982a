//! `Maintained`: the rows that maintenance deleted.

/// Number of rows that maintenance deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Report ids.
    pub ids: u64,
    /// Samples of groups that are kept.
    pub samples: u64,
    /// Groups, with all that belongs to them.
    pub groups: u64,
}
