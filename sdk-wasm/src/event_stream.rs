//! `EventStream`: the JSON texts, the last id and the retry time of an event stream, for the shell.

use autoheal_event_stream::{Parser, Part};
use wasm_bindgen::prelude::*;

/// Maximum size of an event's data, and of its id, in bytes; more than any response a page can use.
const MAX_EVENT_BYTES: usize = 256 * 1024 * 1024;

/// Reads one stream in pieces and stores one event.
#[wasm_bindgen]
#[derive(Debug)]
pub struct EventStream {
    parser: Parser,
    data: Vec<u8>,
    is_too_large: bool,
}

#[wasm_bindgen]
impl EventStream {
    /// A stream before its first byte.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> EventStream {
        EventStream::default()
    }

    /// Reads the next bytes and returns the JSON texts of the events that ended in them, one per line. They may be
    /// invalid UTF-8: the page's decoder replaces what is broken.
    ///
    /// Line ends within a text become spaces. JSON has them between its tokens only.
    ///
    /// Undefined once an event is larger than 256 MiB, because the rest of the stream cannot be read.
    #[must_use]
    pub fn feed(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = bytes;
        while let Some(part) = self.parser.next_part(&mut rest) {
            match part {
                Part::Data(bytes) if self.data.len() + bytes.len() > MAX_EVENT_BYTES => self.is_too_large = true,
                Part::Data(bytes) => self.data.extend_from_slice(bytes),
                Part::LineFeed => self.data.push(b' '),
                // An event without data, which servers send to set an id, produces no text.
                Part::End => {
                    if !self.data.trim_ascii().is_empty() {
                        out.append(&mut self.data);
                        out.push(b'\n');
                    }
                    self.data.clear();
                }
            }
        }
        (!self.is_too_large).then_some(out)
    }

    /// The id of the last event that had one, as UTF-8; empty if the server reset it.
    #[must_use]
    pub fn last_id(&self) -> Option<Vec<u8>> {
        self.parser.last_id().map(<[u8]>::to_vec)
    }

    /// The wait that the server requested before the next connection, in milliseconds.
    #[must_use]
    pub fn retry(&self) -> Option<f64> {
        self.parser.retry().map(f64::from)
    }
}

impl Default for EventStream {
    fn default() -> Self {
        Self { parser: Parser::new(MAX_EVENT_BYTES), data: Vec::new(), is_too_large: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the texts, with the bytes cut into pieces of every size.
    #[track_caller]
    fn check(bytes: &str, expected: &[&str]) -> EventStream {
        let mut stream = EventStream::new();
        for size in 1..=bytes.len().max(1) {
            stream = EventStream::new();
            let pieces = bytes.as_bytes().chunks(size);
            let out: Vec<u8> = pieces.flat_map(|piece| stream.feed(piece).expect("it is small")).collect();
            let out = String::from_utf8(out).expect("it was UTF-8 when it came");
            assert_eq!(out.lines().collect::<Vec<_>>(), expected, "in pieces of {size}");
        }
        stream
    }

    #[test]
    fn events_with_every_line_end() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["event: message", "data: {\"a\":1}", "", "data:{\"b\":2}", "", "data: cut off"].join(end);
            check(&text, &["{\"a\":1}", "{\"b\":2}"]);
        }
    }

    #[test]
    fn data_of_several_lines_is_one_text() {
        check("data: {\ndata:   \"a\": 1\ndata: }\n\n", &["{   \"a\": 1 }"]);
    }

    #[test]
    fn ids_retries_comments_and_events_without_data() {
        let stream = check(": hello\nid: 7\ndata:\n\nretry: 1500\nretry: x\n:\n\nid: a\0b\ndata: 1\n\n", &["1"]);
        assert_eq!(stream.last_id().as_deref(), Some(&b"7"[..]));
        assert_eq!(stream.retry(), Some(1500.0));
        let taken_back = check("id: 7\ndata: 1\n\nid\ndata: 2\n\n", &["1", "2"]);
        assert_eq!(taken_back.last_id().as_deref(), Some(&b""[..]));
    }

    #[test]
    fn an_id_counts_at_the_end_of_its_event() {
        assert_eq!(check("id: 1\ndata: 1\n\nid: 2\ndata: half", &["1"]).last_id().as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn a_byte_order_mark_and_invalid_utf8() {
        let mut stream = EventStream::new();
        assert_eq!(stream.feed(b"\xef\xbb\xbfdata: \"\xff\xc3\xa9\"\n\n").as_deref(), Some(&b"\"\xff\xc3\xa9\"\n"[..]));
    }

    #[test]
    fn comments_take_no_memory() {
        let mut stream = EventStream::new();
        for _ in 0..1000 {
            assert_eq!(stream.feed(&[b":"[0]; 1000]).as_deref(), Some(&b""[..]));
        }
        assert_eq!(stream.data.capacity(), 0);
        assert_eq!(stream.feed(b"data: no event\n\ndata: 1\n\n").as_deref(), Some(&b"1\n"[..]));
    }
}
