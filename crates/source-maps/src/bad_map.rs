//! `BadMap`: why a source map is refused.

/// A source map that is not valid, or exceeds a limit. The message is a sentence for the person who uploads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMap(pub(crate) String);

impl BadMap {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The refusal of a map that cannot be processed within the limits of time and memory.
    #[must_use]
    pub fn too_complex() -> Self {
        Self::new("the map needs too much time or memory; split the bundle into smaller files")
    }

    /// The refusal by another process, for this reason.
    #[must_use]
    pub fn refused(reason: &str) -> Self {
        Self::new(reason)
    }

    /// Names the section of an index map in which the problem is.
    pub(crate) fn in_section(self, number: usize) -> Self {
        Self(format!("section {number}: {}", self.0))
    }
}
