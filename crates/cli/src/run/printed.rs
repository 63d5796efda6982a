//! What the command printed, as text: without colours, cursor movements and lines that were written over.

use autoheal_prepare::parse::plain_text;

use super::streams::Relayed;

/// The last lines of both streams.
pub(super) struct Printed {
    /// Standard output, or both in their order where they were one.
    pub(super) output: String,
    /// Standard error, where it was apart.
    pub(super) errors: Option<String>,
}

impl Printed {
    /// Reads what was kept of the streams.
    pub(super) fn read(relayed: &Relayed) -> Self {
        Self { output: plain_text(&relayed.output), errors: relayed.errors.as_deref().map(plain_text) }
    }
}
