//! From a stream of bytes to whole messages, in bounded memory: what is too long is skimmed instead of kept.

/// Longer messages are not kept whole, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// One message as it stood on the wire.
#[derive(Debug)]
pub enum Message<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// It was too long to keep: what was seen on the way.
    Cut(&'a Collector),
}

/// Puts one message together from pieces.
#[derive(Debug, Default)]
pub struct Collector {
    kept: Vec<u8>,
    length: usize,
}

impl Collector {
    /// The next piece of the message.
    pub fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        let room = LARGEST.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Whether anything was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The message, now that all of it was pushed.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        if self.length == self.kept.len() { Message::Whole(&self.kept) } else { Message::Cut(self) }
    }

    /// Ready for the next message; a small buffer is kept, a large one goes.
    pub fn clear(&mut self) {
        self.length = 0;
        self.kept.clear();
        if self.kept.capacity() > 64 * 1024 {
            self.kept = Vec::new();
        }
    }
}

/// Splits a stream into lines, one message each.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Collector,
}

impl Lines {
    /// Hands out every message that these bytes complete, without its line end. Lines that are empty are left out.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&Message<'_>)) {
        let _ = (&mut self.begun, bytes, &mut each);
    }

    /// Hands out what stands after the last line end.
    pub fn finish(&mut self, mut each: impl FnMut(&Message<'_>)) {
        let _ = (&mut self.begun, &mut each);
    }
}
