//! A parser for server-sent events (`text/event-stream`) that reads the stream in pieces and in bounded memory.
//!
//! The format is the HTML standard's: lines of UTF-8 that end with CR, LF or CRLF. Each line is a field, and an empty
//! line ends an event. The parser skips comments, event names and unknown fields. It does not check that values are
//! valid UTF-8.
//!
//! The functions are inline, so that they are compiled as part of the browser module. Compiled in this crate, they
//! would add a second copy of the growth code of `Vec` to the module, 190 bytes after brotli.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

use alloc::vec::Vec;

/// A part of an event, in the order of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// The next bytes of a line of data; a line may come in any number of parts.
    Data(&'a [u8]),
    /// The line feed between two lines of data.
    LineFeed,
    /// The empty line that ends an event, with or without data.
    End,
}

/// The field of the current line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The parser is reading the field's name.
    Unnamed,
    Data,
    Id,
    Retry,
    /// A comment, an event's name, an unknown field, or a value longer than the limit.
    Skipped,
}

/// The parser of one stream.
///
/// It passes data on as it comes, so the caller limits the size of an event. It stores values of `id` and `retry` up to
/// a limit and ignores longer ones.
#[derive(Debug)]
pub struct Parser {
    max_value_bytes: usize,
    field: Field,
    /// The [`name_code`] of the current line's field name.
    name: u64,
    /// The value of the current line, for `id` and `retry`.
    value: Vec<u8>,
    /// The last byte was the colon: one space after it is no part of the value.
    after_colon: bool,
    /// The last byte was a carriage return: a line feed after it ends no second line.
    after_return: bool,
    /// The first line may begin with a byte order mark.
    is_first_line: bool,
    /// The current event has a line of data.
    has_data: bool,
    /// The current event's id, if `has_id`.
    id: Vec<u8>,
    has_id: bool,
    /// The last complete event's id, if `has_last_id`.
    last_id: Vec<u8>,
    has_last_id: bool,
    has_id_field: bool,
    retry: Option<u32>,
}

impl Parser {
    /// A parser at the beginning of a stream; `max_value_bytes` limits the values of `id` and `retry`.
    #[inline]
    #[must_use]
    pub const fn new(max_value_bytes: usize) -> Self {
        Self {
            max_value_bytes,
            field: Field::Unnamed,
            name: NO_NAME,
            value: Vec::new(),
            after_colon: false,
            after_return: false,
            is_first_line: true,
            has_data: false,
            id: Vec::new(),
            has_id: false,
            last_id: Vec::new(),
            has_last_id: false,
            has_id_field: false,
            retry: None,
        }
    }

    /// The id of the last complete event that had one; empty if the server reset it.
    ///
    /// Ids that contain a NUL and ids longer than the limit are ignored.
    #[inline]
    #[must_use]
    pub fn last_id(&self) -> Option<&[u8]> {
        if self.has_last_id { Some(&self.last_id) } else { None }
    }

    /// True if the stream has had an `id` field, including ignored ones and those of incomplete events.
    #[inline]
    #[must_use]
    pub const fn has_id_field(&self) -> bool {
        self.has_id_field
    }

    /// The time to wait before reconnecting, in milliseconds. Values that are no decimal `u32` are ignored.
    #[inline]
    #[must_use]
    pub const fn retry(&self) -> Option<u32> {
        self.retry
    }

    /// Reads up to the end of the next part and removes what it read from the front of `bytes`.
    ///
    /// `bytes` are the next bytes of the stream. `None` means that all of them are read.
    #[inline]
    pub fn next_part<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Part<'a>> {
        loop {
            let (&byte, rest) = bytes.split_first()?;
            let is_line_end = matches!(byte, b'\n' | b'\r');
            let is_unnamed = self.field == Field::Unnamed;
            if core::mem::take(&mut self.after_return) && byte == b'\n' {
                *bytes = rest;
            } else if is_unnamed && (byte == b':' || is_line_end && self.name != NO_NAME || self.name >= TOO_LONG) {
                // Without a colon the value is empty, and the next round reads this byte again as the end of the value.
                self.after_colon = byte == b':';
                if self.after_colon {
                    *bytes = rest;
                }
                self.field = match self.name {
                    DATA => Field::Data,
                    ID => Field::Id,
                    RETRY => Field::Retry,
                    _ => Field::Skipped,
                };
                self.has_id_field |= self.field == Field::Id;
                if self.field == Field::Data && core::mem::replace(&mut self.has_data, true) {
                    return Some(Part::LineFeed);
                }
            } else if is_line_end {
                *bytes = rest;
                self.after_return = byte == b'\r';
                self.is_first_line = false;
                self.name = NO_NAME;
                match self.field {
                    Field::Unnamed => {
                        self.end_event();
                        return Some(Part::End);
                    }
                    Field::Id if self.value.iter().all(|byte| *byte != 0) => {
                        self.has_id = true;
                        self.id.clear();
                        self.id.extend_from_slice(&self.value);
                    }
                    Field::Retry => self.retry = whole_number(&self.value).or(self.retry),
                    _ => {}
                }
                self.value.clear();
                self.field = Field::Unnamed;
            } else if is_unnamed {
                *bytes = rest;
                self.name = self.name << 8 | u64::from(byte);
                if self.is_first_line && self.name == BYTE_ORDER_MARK {
                    self.is_first_line = false;
                    self.name = NO_NAME;
                }
            } else {
                let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
                let (mut value, rest) = bytes.split_at(end);
                *bytes = rest;
                if core::mem::take(&mut self.after_colon) {
                    value = value.strip_prefix(b" ").unwrap_or(value);
                }
                match self.field {
                    Field::Data => return Some(Part::Data(value)),
                    Field::Skipped => {}
                    _ if self.value.len() + value.len() > self.max_value_bytes => self.field = Field::Skipped,
                    _ => self.value.extend_from_slice(value),
                }
            }
        }
    }

    #[inline]
    fn end_event(&mut self) {
        self.has_data = false;
        if core::mem::take(&mut self.has_id) {
            self.has_last_id = true;
            self.last_id.clear();
            self.last_id.extend_from_slice(&self.id);
        }
    }
}

const NO_NAME: u64 = 1;
/// The smallest code of a name of six bytes. The longest known name has five.
const TOO_LONG: u64 = 1 << 48;
const DATA: u64 = name_code(b"data");
const ID: u64 = name_code(b"id");
const RETRY: u64 = name_code(b"retry");
const BYTE_ORDER_MARK: u64 = name_code("\u{feff}".as_bytes());

/// A name's bytes after a leading 1, as one number: comparing numbers takes less code than comparing slices.
const fn name_code(name: &[u8]) -> u64 {
    let mut code = NO_NAME;
    let mut index = 0;
    while index < name.len() {
        code = code << 8 | name[index] as u64;
        index += 1;
    }
    code
}

/// The value of decimal digits.
#[inline]
fn whole_number(digits: &[u8]) -> Option<u32> {
    let mut number = digits.first().map(|_| 0_u32);
    for byte in digits {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number = number?.checked_mul(10)?.checked_add(digit);
    }
    number
}

#[cfg(test)]
mod tests;
