//! Sets of bytes, such as the digits or the letters of a token.
//!
//! They are tables, because one loop for all sets makes a smaller browser module than a condition for each.

/// A set of bytes, with one bit per byte.
pub(crate) struct Set([u32; 8]);

impl Set {
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self([0; 8]).with(bytes)
    }

    /// The set with further bytes.
    pub(crate) const fn with(&self, bytes: &[u8]) -> Self {
        let mut bits = self.0;
        let mut index = 0;
        while index < bytes.len() {
            bits[(bytes[index] >> 5) as usize] |= 1 << (bytes[index] & 31);
            index += 1;
        }
        Self(bits)
    }

    /// All bytes greater than the space that are not in this set.
    pub(crate) const fn others(&self) -> Self {
        let [_, b, c, d, e, f, g, h] = self.0;
        Self([0, !b & !1, !c, !d, !e, !f, !g, !h])
    }

    /// The set with all bytes outside of ASCII.
    pub(crate) const fn with_others(&self) -> Self {
        let [a, b, c, d, ..] = self.0;
        Self([a, b, c, d, !0, !0, !0, !0])
    }

    pub(crate) const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 5) as usize] >> (byte & 31) & 1 != 0
    }

    /// The number of consecutive bytes of this set from `start` on, at most `limit`.
    pub(crate) fn run(&self, bytes: &[u8], start: usize, limit: usize) -> usize {
        let rest = bytes.get(start..).unwrap_or_default();
        rest.iter().take(limit).take_while(|byte| self.has(**byte)).count()
    }

    /// The end of the run of this set's bytes at `start`.
    pub(crate) fn end(&self, bytes: &[u8], start: usize) -> usize {
        start + self.run(bytes, start, usize::MAX)
    }
}

pub(crate) static DIGITS: Set = Set::of(b"0123456789");
pub(crate) static LETTERS: Set = CAPITALS.with(b"abcdefghijklmnopqrstuvwxyz");
pub(crate) static ALPHANUMERIC: Set = LETTERS.with(b"0123456789");
/// The alphabet of Base64 in URLs.
pub(crate) static BASE64URL: Set = ALPHANUMERIC.with(b"_-");
/// The same with dots.
pub(crate) static DOTTED: Set = BASE64URL.with(b".");
pub(crate) static HEX: Set = DIGITS.with(b"abcdefABCDEF");
/// The alphabet of Amazon's access keys.
pub(crate) static CAPITALS_AND_DIGITS: Set = CAPITALS.with(b"0123456789");
pub(crate) static BLANK: Set = Set::of(b" ");
pub(crate) static BLANKS: Set = Set::of(b" \t");
pub(crate) static WHITESPACE: Set = Set::of(b" \t\n\r\x0c");
pub(crate) static BACKSLASH: Set = Set::of(b"\\");
pub(crate) static QUOTES: Set = Set::of(b"\"'`");

const CAPITALS: Set = Set::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
