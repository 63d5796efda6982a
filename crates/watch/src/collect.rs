//! Collects messages from a stream of bytes in bounded memory. A message that is too long is skimmed instead of stored.

use memchr::memchr;

use crate::skim::Skim;

/// Maximum size of a message that is stored whole, in bytes. Chosen so that long tool lists fit.
const MAX_MESSAGE_BYTES: usize = 512 * 1024;
/// Size of the stored prefix of a longer message, in bytes.
const PREFIX_BYTES: usize = 32 * 1024;
/// Maximum capacity of a buffer that is kept for the next message, in bytes.
const MAX_SPARE_BYTES: usize = 64 * 1024;

/// One message as it was on the wire.
#[derive(Debug)]
pub enum Message<'a> {
    /// The whole message.
    Whole(&'a [u8]),
    /// A message that is too long to store: its prefix, and the members that were skimmed.
    Truncated(&'a Collector),
}

/// Collects one message from pieces.
#[derive(Debug, Default)]
pub struct Collector {
    buffer: Vec<u8>,
    /// Present once the message is too long to store.
    skim: Option<Box<Skim>>,
    /// The message is announced to be too long to store.
    is_announced_long: bool,
}

impl Collector {
    /// An empty collector for a message of at least this size. One that is too long to store is skimmed from its beginning,
    /// because growing to the limit first would take memory for nothing.
    #[must_use]
    pub fn of_size(announced: u64) -> Self {
        Self { is_announced_long: announced > MAX_MESSAGE_BYTES as u64, ..Self::default() }
    }

    /// Adds the next piece of the message.
    pub fn push(&mut self, bytes: &[u8]) {
        let is_short = !self.is_announced_long && self.buffer.len() + bytes.len() <= MAX_MESSAGE_BYTES;
        if self.skim.is_none() && is_short {
            return self.buffer.extend_from_slice(bytes);
        }
        let skim = self.skim.get_or_insert_with(|| {
            let mut skim = Box::<Skim>::default();
            skim.read(&self.buffer);
            self.buffer.truncate(PREFIX_BYTES);
            self.buffer.shrink_to(PREFIX_BYTES);
            skim
        });
        skim.read(bytes);
        let missing = PREFIX_BYTES - self.buffer.len();
        self.buffer.extend_from_slice(&bytes[..missing.min(bytes.len())]);
    }

    /// True if anything was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.skim.is_none()
    }

    /// Memory of the message, in bytes, without the members that were skimmed.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.buffer.capacity()
    }

    /// The collected message.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        if self.skim.is_none() { Message::Whole(&self.buffer) } else { Message::Truncated(self) }
    }

    /// Prepares for the next message. Keeps the buffer unless it is large.
    pub fn clear(&mut self) {
        self.skim = None;
        self.is_announced_long = false;
        self.buffer.clear();
        self.buffer.shrink_to(MAX_SPARE_BYTES);
    }

    /// Prefix and skimmed members of a truncated message.
    pub(crate) fn truncated(&self) -> Option<(&[u8], &Skim)> {
        Some((&self.buffer, self.skim.as_deref()?))
    }
}

/// Splits a stream into lines. Each line is one message.
#[derive(Debug, Default)]
pub struct Lines {
    partial_line: Collector,
}

impl Lines {
    /// Adds bytes and passes on every completed line, without its line end. Skips empty lines.
    pub fn push(&mut self, mut bytes: &[u8], mut receive: impl FnMut(&Message<'_>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.partial_line.is_empty() && line.len() <= MAX_MESSAGE_BYTES {
                pass_on_whole(line, &mut receive);
            } else {
                self.partial_line.push(line);
                self.finish(&mut receive);
            }
        }
        if !bytes.is_empty() {
            self.partial_line.push(bytes);
        }
    }

    /// Passes on the bytes after the last line end.
    pub fn finish(&mut self, mut receive: impl FnMut(&Message<'_>)) {
        match self.partial_line.message() {
            Message::Whole(line) => pass_on_whole(line, &mut receive),
            truncated @ Message::Truncated(_) => receive(&truncated),
        }
        self.partial_line.clear();
    }
}

fn pass_on_whole(line: &[u8], receive: &mut impl FnMut(&Message<'_>)) {
    if !line.trim_ascii().is_empty() {
        receive(&Message::Whole(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut received = Vec::new();
        let mut receive = |message: &Message<'_>| match message {
            Message::Whole(line) => received.push(String::from_utf8_lossy(line).into_owned()),
            Message::Truncated(_) => received.push("truncated".to_owned()),
        };
        pieces.iter().for_each(|piece| lines.push(piece, &mut receive));
        lines.finish(&mut receive);
        received
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = b"{\"a\":1}\n\r\n{\"b\":2}\r\nlast";
        let expected = ["{\"a\":1}", "{\"b\":2}\r", "last"];
        assert_eq!(lines_of(&[text]), expected);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(lines_of(&bytes), expected);
    }

    #[test]
    fn a_long_line_uses_bounded_memory() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; MAX_MESSAGE_BYTES / 2];
        for _ in 0..20 {
            lines.push(&piece, |_| unreachable!("the line has no end yet"));
            assert!(lines.partial_line.buffer.capacity() <= MAX_MESSAGE_BYTES);
        }
        assert!(lines.partial_line.buffer.capacity() <= MAX_SPARE_BYTES);
        assert_eq!(lines_of(&[&piece, &piece, &piece, b"\nnext\n"]), ["truncated", "next"]);
    }

    #[test]
    fn an_announced_long_message_is_skimmed_alike_and_takes_little_memory() {
        let mut text = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"upload","data":""#.to_owned();
        text.push_str(&"x".repeat(MAX_MESSAGE_BYTES));
        text.push_str(r#""}}"#);
        for piece in [1_000, 16_383, 40_000, text.len()] {
            let (mut announced, mut unannounced) = (Collector::of_size(text.len() as u64), Collector::default());
            assert!(announced.is_empty());
            for bytes in text.as_bytes().chunks(piece) {
                announced.push(bytes);
                unannounced.push(bytes);
                assert!(announced.memory() <= 2 * PREFIX_BYTES, "{} bytes", announced.memory());
            }
            let shown = [&announced, &unannounced].map(|collector| format!("{:?}", collector.truncated().unwrap()));
            assert_eq!(shown[0], shown[1], "pieces of {piece}");
        }
    }
}
