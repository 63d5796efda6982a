//! `Rank`: which sample of a group people and agents are shown.

use crate::Record;

/// Rank of a sample among those of its group. The highest one is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// From a stranger.
    Stranger,
    /// From a stranger, about an MCP server: the bug is there, not in the page that called it.
    StrangerOfServer,
    Known,
    KnownOfServer,
    /// The operator chose it.
    Chosen,
}

impl Rank {
    pub(super) fn new(is_known: bool, is_of_server: bool) -> Self {
        match (is_known, is_of_server) {
            (false, false) => Self::Stranger,
            (false, true) => Self::StrangerOfServer,
            (true, false) => Self::Known,
            (true, true) => Self::KnownOfServer,
        }
    }

    pub(super) fn of(record: &Record) -> Self {
        Self::new(record.arrival().sender.is_known(), record.source().is_mcp())
    }

    pub(super) fn is_known(self) -> bool {
        self >= Self::Known
    }
}
