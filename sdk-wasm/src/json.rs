//! Copies JSON text that is to leave the page: secrets out, too long, too deep and too much cut off.
//!
//! Text in, text out, and no tree between: the engine has written the JSON, so that it is well formed, and the service
//! reads it again. Text that breaks off, because it was cut to a bearable length, is closed where it ends.

use autoheal_contract::limits::CUT_MARK;
use autoheal_scrub::{SECRET, is_secret_key, scrub};

use crate::reader::Reader;
use crate::text::scrubbed;

/// How much of a value may leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Longest text, in characters.
    pub(crate) chars: usize,
    /// Deepest nesting: 1 is a list or object of plain values.
    pub(crate) depth: usize,
    /// Size after which texts are cut and further members left out, in bytes.
    pub(crate) bytes: usize,
}

/// The room of one member of an object, by its key and the number of objects and lists around it.
pub(crate) type RoomOf = fn(key: &str, around: usize, room: Room) -> Room;

/// Fewest digits of a card's number.
const SHORTEST_CARD: usize = 13;

/// The members of the object in `input`, without braces, as they may leave.
///
/// `params`, unless it is empty, stands for the value of every `params` within a member: a call's parameters are told in
/// two places, and were text already.
pub(crate) fn copy_members(input: &str, params: &str, out: &mut String, room: Room, room_of: RoomOf) {
    let mut copy = Copy { reader: Reader { rest: input }, params, out, room_of };
    if copy.reader.next() == b'{' {
        copy.reader.skip(1);
        copy.members(b'}', room, 0);
    }
}

/// Writes a text as JSON.
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

struct Copy<'a, 'o> {
    reader: Reader<'a>,
    /// What stands for every `params` one level deep, as JSON text; none if it is empty.
    params: &'a str,
    out: &'o mut String,
    room_of: RoomOf,
}

impl Copy<'_, '_> {
    fn value(&mut self, room: Room, around: usize) {
        match self.reader.next() {
            b'"' => {
                let text = self.reader.text();
                write_text(&scrubbed(&text, room.chars), self.out);
            }
            b'{' | b'[' if around >= room.depth => {
                self.reader.skip_nested();
                write_text(CUT_MARK, self.out);
            }
            open @ (b'{' | b'[') => {
                self.reader.skip(1);
                self.out.push(char::from(open));
                self.members(open + 2, room, around + 1);
                self.out.push(char::from(open + 2));
            }
            _ => self.scalar(),
        }
    }

    /// The members up to and with the closing bracket.
    fn members(&mut self, close: u8, room: Room, around: usize) {
        let (start, mut count) = (self.out.len(), 0);
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
                    let is_full = before - start >= room.bytes;
                    if count > 0 {
                        self.out.push(',');
                    }
                    count += 1;
                    // What is full is read on, to find its end, and written nowhere.
                    let left = Room { bytes: room.bytes.saturating_sub(before - start), ..room };
                    self.member(close == b'}', left, around);
                    if is_full {
                        self.out.truncate(before);
                    }
                }
            }
        }
    }

    fn member(&mut self, is_named: bool, mut room: Room, around: usize) {
        if is_named {
            let key = self.reader.text();
            write_text(&scrub(&key), self.out);
            self.out.push(':');
            if self.reader.next() == b':' {
                self.reader.skip(1);
            }
            room = (self.room_of)(&key, around, room);
            // `null`, `true` and `false` hide nothing, and tell whether there was a secret at all.
            if is_secret_key(&key) && !matches!(self.reader.next(), b'n' | b't' | b'f' | 0) {
                let length = self.out.len();
                self.value(room, around);
                self.out.truncate(length);
                return write_text(SECRET, self.out);
            }
            if key == "params" && around == 1 && !self.params.is_empty() {
                let length = self.out.len();
                self.value(room, around);
                self.out.truncate(length);
                let params = Reader { rest: self.params };
                return Copy { reader: params, params: "", out: self.out, room_of: self.room_of }.value(room, around);
            }
        }
        let (length, room) = (self.out.len(), Room { chars: room.chars.min(room.bytes), ..room });
        self.value(room, around);
        if self.out.len() == length {
            self.out.push_str("null");
        }
    }

    /// A number, true, false or null. A card's number may come as a number: what is hidden in text is hidden here.
    fn scalar(&mut self) {
        let length = self
            .reader
            .rest
            .bytes()
            .position(|byte| matches!(byte, b',' | b'}' | b']'))
            .unwrap_or(self.reader.rest.len());
        // a bracket that closes nothing is stepped over, or reading would never end
        let scalar = self.reader.skip(length.max(1)).trim_ascii_end();
        let digits = scalar.strip_prefix("-").unwrap_or(scalar);
        let is_clean = digits.len() < SHORTEST_CARD || scrub(digits) == digits;
        if self.reader.rest.is_empty() {
            // half a number is none
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
