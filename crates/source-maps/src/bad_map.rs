//! `BadMap`: why a source map is refused.

/// A source map that is not valid, or exceeds a limit. The message is a sentence for the person who uploads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMap(pub(crate) String);

impl BadMap {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Names the section of an index map in which the problem is.
    pub(crate) fn in_section(self, number: usize) -> Self {
        Self(format!("section {number}: {}", self.0))
    }
}
