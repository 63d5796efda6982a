//! Copies JSON text into a report, without secrets and within limits of length, depth and size.
//!
//! It copies text to text without a tree, because the engine writes well-formed JSON and the service validates the
//! report. If the text was cut, the copy closes its open strings, lists and objects.

use autoheal_contract::limits::CUT_MARK;
use autoheal_contract::session_hash;
use autoheal_scrub::{MIN_CARD_DIGITS, Neighbours, scrub};

use crate::reader::Reader;
use crate::text::{decimal, scrubbed};

/// Limits for a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum length of a string, in characters.
    pub(crate) max_chars: usize,
    /// Maximum nesting: 1 is a list or object of plain values.
    pub(crate) max_depth: usize,
    /// Size after which strings are cut and further members dropped, in bytes.
    pub(crate) max_bytes: usize,
}

/// The limits for a member, from its key, the number of objects and lists around it, and the limits of its object.
pub(crate) type LimitsOf = fn(key: &str, depth: usize, limits: Limits) -> Limits;

/// Copies the members of the object in `input`, without braces.
///
/// The value of every `session_hash` on the second level is a session id, and becomes its hash.
///
/// If `params` is not empty, it replaces the value of every `params` on the second level, because a report has a call's
/// parameters in two places there, and the shell has them as text already.
pub(crate) fn copy_members(input: &str, params: &str, out: &mut String, limits: Limits, limits_of: LimitsOf) {
    let mut copy = JsonCopy { reader: Reader { rest: input }, params, out, limits_of };
    if copy.reader.next() == b'{' {
        copy.reader.skip(1);
        copy.members(b'}', limits, 0);
    }
}

/// The content of the string or number at the start of a JSON text; empty for a list or an object.
fn plain_text(json: &str) -> &str {
    let text = json.strip_prefix('"').unwrap_or(json);
    let ends = if text.len() < json.len() { "\"" } else { ",]} \n{[" };
    let end = text.bytes().position(|byte| ends.as_bytes().contains(&byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Writes a string as JSON.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    loop {
        let plain = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
        let (head, tail) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        out.push_str(head);
        let Some(byte) = tail.bytes().next() else { break };
        out.push('\\');
        match byte {
            b'\n' => out.push('n'),
            b'\r' => out.push('r'),
            b'\t' => out.push('t'),
            b'"' | b'\\' => out.push(char::from(byte)),
            _ => {
                out.push_str(if byte < 16 { "u000" } else { "u001" });
                out.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
            }
        }
        rest = tail.get(1..).unwrap_or_default();
    }
    out.push('"');
}

struct JsonCopy<'a, 'o> {
    reader: Reader<'a>,
    /// JSON text that replaces every `params` on the second level; empty for none.
    params: &'a str,
    out: &'o mut String,
    limits_of: LimitsOf,
}

impl JsonCopy<'_, '_> {
    fn value(&mut self, limits: Limits, depth: usize) {
        match self.reader.next() {
            b'"' => {
                let text = self.reader.text();
                write_text(&scrubbed(&text, limits.max_chars), self.out);
            }
            b'{' | b'[' if depth >= limits.max_depth => {
                self.reader.skip_nested();
                write_text(CUT_MARK, self.out);
            }
            open @ (b'{' | b'[') => {
                self.reader.skip(1);
                self.out.push(char::from(open));
                self.members(open + 2, limits, depth + 1);
                self.out.push(char::from(open + 2));
            }
            _ => self.scalar(),
        }
    }

    /// Copies the members up to the closing bracket, and reads the bracket.
    fn members(&mut self, close: u8, limits: Limits, depth: usize) {
        let (start, mut count) = (self.out.len(), 0);
        let mut neighbours = Neighbours::default();
        loop {
            match self.reader.next() {
                0 => return,
                b',' => {
                    self.reader.skip(1);
                }
                byte if byte == close => {
                    self.reader.skip(1);
                    return;
                }
                _ => {
                    let before = self.out.len();
                    let is_full = before - start >= limits.max_bytes;
                    if count > 0 {
                        self.out.push(',');
                    }
                    count += 1;
                    // When the limit is reached, members are still read, to find the end, but not written.
                    let left = Limits { max_bytes: limits.max_bytes.saturating_sub(before - start), ..limits };
                    self.member(close == b'}', &mut neighbours, left, depth);
                    if is_full {
                        self.out.truncate(before);
                    }
                }
            }
        }
    }

    fn member(&mut self, is_named: bool, neighbours: &mut Neighbours, mut limits: Limits, depth: usize) {
        let key = is_named.then(|| self.reader.text());
        if let Some(key) = &key {
            write_text(&scrub(key), self.out);
            self.out.push(':');
            if self.reader.next() == b':' {
                self.reader.skip(1);
            }
            limits = (self.limits_of)(key, depth, limits);
        }
        let first = self.reader.next();
        if let Some(placeholder) = neighbours.placeholder(key.as_deref(), first, plain_text(self.reader.rest)) {
            let length = self.out.len();
            self.value(limits, depth);
            self.out.truncate(length);
            return write_text(placeholder, self.out);
        }
        if key.as_deref() == Some("session_hash") && depth == 1 && first == b'"' {
            let session = self.reader.text();
            return write_text(&decimal(session_hash(session.as_bytes())), self.out);
        }
        if key.as_deref() == Some("params") && depth == 1 && !self.params.is_empty() {
            let length = self.out.len();
            self.value(limits, depth);
            self.out.truncate(length);
            let params = Reader { rest: self.params };
            return JsonCopy { reader: params, params: "", out: self.out, limits_of: self.limits_of }
                .value(limits, depth);
        }
        let (length, limits) = (self.out.len(), Limits { max_chars: limits.max_chars.min(limits.max_bytes), ..limits });
        self.value(limits, depth);
        if self.out.len() == length {
            self.out.push_str("null");
        }
    }

    /// Copies a number, true, false or null. Card numbers are replaced in the form of numbers too.
    fn scalar(&mut self) {
        let length = self
            .reader
            .rest
            .bytes()
            .position(|byte| matches!(byte, b',' | b'}' | b']'))
            .unwrap_or(self.reader.rest.len());
        // skip at least one byte, because the loop would never get past a bracket that closes nothing
        let scalar = self.reader.skip(length.max(1)).trim_ascii_end();
        let digits = scalar.strip_prefix("-").unwrap_or(scalar);
        let is_clean = digits.len() < MIN_CARD_DIGITS || scrub(digits) == digits;
        if self.reader.rest.is_empty() {
            // at the end of the text the number may be incomplete
            self.out.push_str("null");
        } else if is_clean {
            self.out.push_str(scalar);
        } else {
            write_text(&scrub(digits), self.out);
        }
    }
}

#[cfg(test)]
mod tests;
