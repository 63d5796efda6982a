//! `EventStream`: finds the messages in the copy of an event stream.

use autoheal_event_stream::{Parser, Part};
use autoheal_watch::Collector;

/// An event stream, read in pieces. It stores one event.
#[derive(Debug)]
pub(super) struct EventStream {
    parser: Parser,
    data: Collector,
}

impl EventStream {
    /// A stream before its first byte.
    pub(super) fn new() -> Self {
        // the maximum length of a stored id is 0, because the gateway only needs to know whether there are ids
        Self { parser: Parser::new(0), data: Collector::default() }
    }

    /// True if an event had an id, so that the client can resume the stream.
    pub(super) fn has_ids(&self) -> bool {
        self.parser.has_id_field()
    }

    /// Memory of the event that is being read, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.data.memory()
    }

    /// Reads the next bytes and passes on the data of every event that ends in them. Events without data are skipped.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Collector)) {
        while let Some(part) = self.parser.next_part(&mut bytes) {
            match part {
                Part::Data(bytes) => self.data.push(bytes),
                Part::LineFeed => self.data.push(b"\n"),
                Part::End if self.data.is_empty() => {}
                Part::End => each(std::mem::take(&mut self.data)),
            }
        }
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
    fn only_data_is_passed_on_and_ids_are_noticed() {
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
    fn an_incomplete_event_is_not_passed_on() {
        check(b"data: a\n\ndata: b\n", &["a"], false);
    }
}
