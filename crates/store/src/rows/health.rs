//! `Health`: size and condition of a store, for the operator.

/// Size and condition of a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Size of the file and its log, in bytes.
    pub bytes: u64,
    /// Part of it that rows take, in bytes. The rest is free for new rows, or given back step by step.
    pub used_bytes: u64,
    /// Maximum size, in bytes.
    pub limit_bytes: u64,
    /// True after a new group was refused, because the store is at its limit, until there is space again.
    pub full: bool,
    /// True after damage was found, until the next start.
    pub damaged: bool,
    /// What was missing at the start, although it had been acknowledged.
    pub loss: Option<Loss>,
    /// Number of distinct rows that could not be read since the start.
    pub unreadable_rows: u64,
    /// Number of failed commits since the start.
    pub failed_writes: u64,
    /// Number of groups deleted since the start, by age or for their space.
    pub deleted_groups: u64,
}

/// What was missing when a store was opened, although it had been acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The log was damaged, and is set aside. What it held behind the damage is missing.
    LogDamaged,
    /// The log was deleted or emptied after the service ended without closing the store.
    LogMissing,
}

impl Loss {
    /// What happened, for people.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::LogDamaged => {
                "The log of the store was damaged at the start. The last reports before the service ended are missing, \
                 although they were acknowledged. The damaged log was set aside beside the store (….damaged-TIME)."
            }
            Self::LogMissing => {
                "The log of the store was missing at the start, after the service ended without closing the store. The \
                 last reports before that are missing, although they were acknowledged."
            }
        }
    }
}
