//! Server-sent events, byte by byte as they come: lines, fields, events, ids and the wait the server asks for.

use wasm_bindgen::prelude::*;

use crate::text::whole_number;

/// Longest line and largest event that is kept, in bytes; more than any answer a page can use.
const LARGEST: usize = 256 * 1024 * 1024;

/// Reads one stream. Comments are dropped as they come, so that no number of them fills the memory.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct EventStream {
    /// The line that has begun.
    line: Vec<u8>,
    /// Whether the last byte was a carriage return, whose line feed may still come.
    after_return: bool,
    is_started: bool,
    /// The lines of `data` of the event that has begun.
    data: Vec<u8>,
    has_data: bool,
    id: Option<Vec<u8>>,
    last_id: Option<Vec<u8>>,
    retry: Option<f64>,
    is_too_large: bool,
}

#[wasm_bindgen]
impl EventStream {
    /// A stream of which nothing has come yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> EventStream {
        EventStream::default()
    }

    /// Takes the next bytes and returns the JSON texts of the events that ended in them, one per line, as UTF-8 that may
    /// be broken: the page's own decoder mends it.
    ///
    /// Line ends within a text, where JSON has them between its tokens only, are told as blanks.
    ///
    /// Undefined once an event was larger than anything that is kept: nothing can be read from there on.
    #[must_use]
    pub fn feed(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, tail) = rest.split_at(end);
            // the line feed of a pair ends no second line
            let is_second_half = self.after_return && end == 0 && tail.first() == Some(&b'\n');
            if !is_second_half {
                self.extend(head);
                let line = std::mem::take(&mut self.line);
                self.take_line(&line, &mut out);
            }
            self.after_return = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            self.after_return = false;
            self.extend(rest);
        }
        (!self.is_too_large).then_some(out)
    }

    /// The id of the last event that had one, as UTF-8; empty if the server took it back.
    #[must_use]
    pub fn last_id(&self) -> Option<Vec<u8>> {
        self.last_id.clone()
    }

    /// How long to wait before asking again, in milliseconds, if the server said so.
    #[must_use]
    pub fn retry(&self) -> Option<f64> {
        self.retry
    }
}

impl EventStream {
    fn extend(&mut self, bytes: &[u8]) {
        let is_comment = self.line.first().or(bytes.first()) == Some(&b':');
        if is_comment {
            // its first byte is kept, to know what the rest of the line is
            self.line.clear();
            self.line.push(b':');
        } else if self.line.len() + bytes.len() > LARGEST {
            self.is_too_large = true;
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn take_line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let line = if self.is_started { line } else { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) };
        self.is_started = true;
        if line.is_empty() {
            return self.dispatch(out);
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" if self.data.len() + value.len() > LARGEST => self.is_too_large = true,
            b"data" => {
                if self.has_data {
                    self.data.push(b' ');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"id" if value.iter().all(|byte| *byte != 0) => self.id = Some(value.to_vec()),
            b"retry" => self.retry = whole_number(value).map(f64::from).or(self.retry),
            // Comments, and names of events, of which the protocol has one.
            _ => {}
        }
    }

    /// An empty line ends an event. One without data, as servers send to name an id, tells nothing else.
    fn dispatch(&mut self, out: &mut Vec<u8>) {
        self.last_id = self.id.take().or_else(|| self.last_id.take());
        if self.has_data && !self.data.trim_ascii().is_empty() {
            out.append(&mut self.data);
            out.push(b'\n');
        }
        self.data.clear();
        self.has_data = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts, whatever way the bytes are cut into pieces.
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
    fn ids_retries_comments_and_priming_events() {
        let stream = check(": hello\nid: 7\ndata:\n\nretry: 1500\nretry: x\n:\n\nid: a\0b\ndata: 1\n\n", &["1"]);
        assert_eq!(stream.last_id().as_deref(), Some(&b"7"[..]));
        assert_eq!(stream.retry(), Some(1500.0));
        let taken_back = check("id: 7\ndata: 1\n\nid\ndata: 2\n\n", &["1", "2"]);
        assert_eq!(taken_back.last_id().as_deref(), Some(&b""[..]));
    }

    #[test]
    fn an_id_counts_when_its_event_has_ended() {
        assert_eq!(check("id: 1\ndata: 1\n\nid: 2\ndata: half", &["1"]).last_id().as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn a_byte_order_mark_and_bytes_that_are_no_utf8() {
        let mut stream = EventStream::new();
        assert_eq!(stream.feed(b"\xef\xbb\xbfdata: \"\xff\xc3\xa9\"\n\n").as_deref(), Some(&b"\"\xff\xc3\xa9\"\n"[..]));
    }

    #[test]
    fn comments_take_no_room() {
        let mut stream = EventStream::new();
        for _ in 0..1000 {
            assert_eq!(stream.feed(&[b":"[0]; 1000]).as_deref(), Some(&b""[..]));
        }
        assert!(stream.line.capacity() < 10_000);
        assert_eq!(stream.feed(b"data: no event\n\ndata: 1\n\n").as_deref(), Some(&b"1\n"[..]));
    }
}
