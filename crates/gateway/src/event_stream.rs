//! Reads the messages out of a copy of an event stream as it comes, keeping no more than one event.

use autoheal_watch::Collector;

/// Names longer than this are of no event field; a byte order mark before `data` is no part of it.
const NAME: usize = 8;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Name,
    /// After `data:`, where one space is no part of the value.
    Space,
    Data,
    /// In what is not looked at: comments and other fields.
    Rest,
}

/// An event stream, read in pieces.
#[derive(Debug)]
pub(super) struct EventStream {
    at: At,
    name: Vec<u8>,
    first_line: bool,
    after_return: bool,
    data_lines: usize,
    data: Collector,
    ids: bool,
}

impl EventStream {
    /// At the beginning of the stream.
    pub(super) fn new() -> Self {
        Self {
            at: At::Name,
            name: Vec::with_capacity(NAME),
            first_line: true,
            after_return: false,
            data_lines: 0,
            data: Collector::default(),
            ids: false,
        }
    }

    /// Whether any event so far had an id, by which the rest can be asked for.
    pub(super) fn has_ids(&self) -> bool {
        self.ids
    }

    /// Hands out the data of every event that these bytes complete; events without data are left out.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Collector)) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                bytes = rest;
                continue;
            }
            if byte == b'\n' || byte == b'\r' {
                self.after_return = byte == b'\r';
                self.end_line(&mut each);
                bytes = rest;
                continue;
            }
            match self.at {
                At::Name => {
                    self.name_byte(byte);
                    bytes = rest;
                }
                At::Space => {
                    self.at = At::Data;
                    if byte == b' ' {
                        bytes = rest;
                    }
                }
                At::Data | At::Rest => {
                    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
                    if self.at == At::Data {
                        self.data.push(&bytes[..end]);
                    }
                    bytes = &bytes[end..];
                }
            }
        }
    }

    fn name_byte(&mut self, byte: u8) {
        if byte == b':' {
            let is_data = self.begin_field();
            self.at = if is_data { At::Space } else { At::Rest };
        } else if self.name.len() == NAME {
            self.at = At::Rest;
        } else {
            self.name.push(byte);
        }
    }

    /// Whether the field whose name was read is `data`.
    fn begin_field(&mut self) -> bool {
        let name = match self.name.strip_prefix(BYTE_ORDER_MARK) {
            Some(name) if self.first_line => name,
            _ => &self.name,
        };
        self.ids |= name == b"id";
        let is_data = name == b"data";
        if is_data {
            if self.data_lines > 0 {
                self.data.push(b"\n");
            }
            self.data_lines += 1;
        }
        is_data
    }

    fn end_line(&mut self, each: &mut impl FnMut(Collector)) {
        if self.at == At::Name {
            let mark_only = self.first_line && self.name == BYTE_ORDER_MARK;
            if self.name.is_empty() || mark_only {
                self.data_lines = 0;
                if !self.data.is_empty() {
                    each(std::mem::take(&mut self.data));
                }
            } else {
                // A field without a colon has an empty value.
                self.begin_field();
            }
        }
        self.at = At::Name;
        self.name.clear();
        self.first_line = false;
    }
}

#[cfg(test)]
mod tests {
    use autoheal_watch::Message;

    use super::*;

    /// The events of a stream, the same however it is cut into pieces.
    fn check(stream: &[u8], expected: &[&str], ids: bool) {
        for size in 1..=stream.len() {
            let mut read = EventStream::new();
            let mut events = Vec::new();
            for piece in stream.chunks(size) {
                read.push(piece, |event| match event.message() {
                    Message::Whole(bytes) => events.push(String::from_utf8(bytes.to_vec()).unwrap()),
                    Message::Truncated(_) => events.push("cut".to_owned()),
                });
            }
            assert_eq!(events, expected, "{} in pieces of {size}", stream.escape_ascii());
            assert_eq!(read.has_ids(), ids, "{}", stream.escape_ascii());
        }
    }

    #[test]
    fn every_line_end_is_read() {
        check(b"data: a\n\ndata: b\n\n", &["a", "b"], false);
        check(b"data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"], false);
        check(b"data: a\r\rdata: b\r\r", &["a", "b"], false);
        check(b"data: a\r\n\ndata: b\n\r\n", &["a", "b"], false);
    }

    #[test]
    fn fields_are_told_apart() {
        check(b"event: message\nid: 7\ndata: {\"a\":1}\n\n", &["{\"a\":1}"], true);
        check(b"id: 1\ndata:\n\n", &[], true);
        check(b": alive\n\n:\n\nretry: 5\n\n", &[], false);
        check(b"data:{\ndata:  x\ndata\ndata: }\n\n", &["{\n x\n\n}"], false);
        check("\u{feff}data: a\n\n".as_bytes(), &["a"], false);
        check("\u{feff}\ndata: a\n\n".as_bytes(), &["a"], false);
        check(b"id\ndata: a\n\n", &["a"], true);
        check(b"database: x\ndatadatadata: y\nidea: z\n\n", &[], false);
        check("data: a\n\n\u{feff}data: b\n\n".as_bytes(), &["a"], false);
    }

    #[test]
    fn what_is_not_complete_is_no_event() {
        check(b"data: a\n\ndata: b\n", &["a"], false);
    }
}
