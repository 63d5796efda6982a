//! `Found`: the secret that a rule reports to the scanner.

/// A secret in the text: its place, and its replacement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// The first byte that is replaced.
    pub(crate) start: usize,
    /// The first byte after it that stays.
    pub(crate) end: usize,
    pub(crate) placeholder: &'static str,
    /// A quote to write on both sides of the placeholder, as a range of the text; empty for none. A bare JSON value
    /// needs it so that the result stays JSON.
    pub(crate) quote: (usize, usize),
}

impl Found {
    /// A secret whose placeholder gets no quotes.
    pub(crate) const fn new(start: usize, end: usize, placeholder: &'static str) -> Self {
        Self { start, end, placeholder, quote: (0, 0) }
    }
}
