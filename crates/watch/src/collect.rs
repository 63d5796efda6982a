//! From a stream of bytes to whole messages, in bounded memory: what is too long is skimmed instead of kept.

use memchr::memchr;

use super::skim::Skim;

/// Longer messages are not kept whole, in bytes: a screenful of the largest tool lists.
const MAX_MESSAGE_BYTES: usize = 512 * 1024;
/// How much is kept of the beginning of a longer one, in bytes.
const PREFIX_BYTES: usize = 32 * 1024;
/// A buffer larger than this is given back after use, in bytes.
const MAX_SPARE_BYTES: usize = 64 * 1024;

/// One message as it stood on the wire.
#[derive(Debug)]
pub enum Message<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// It was too long to keep: what was seen on the way.
    Truncated(&'a Collector),
}

/// Puts one message together from pieces.
#[derive(Debug, Default)]
pub struct Collector {
    kept: Vec<u8>,
    /// From the moment it is too long to keep.
    skim: Option<Box<Skim>>,
}

impl Collector {
    /// The next piece of the message.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(skim) = &mut self.skim {
            return skim.read(bytes);
        }
        if self.kept.len() + bytes.len() <= MAX_MESSAGE_BYTES {
            return self.kept.extend_from_slice(bytes);
        }
        let mut skim = Box::<Skim>::default();
        skim.read(&self.kept);
        skim.read(bytes);
        self.skim = Some(skim);
        self.kept.truncate(PREFIX_BYTES);
        self.kept.shrink_to(PREFIX_BYTES);
    }

    /// Whether anything was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.skim.is_none()
    }

    /// The message, now that all of it was pushed.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        if self.skim.is_none() { Message::Whole(&self.kept) } else { Message::Truncated(self) }
    }

    /// Ready for the next message; a small buffer is kept, a large one goes.
    pub fn clear(&mut self) {
        self.skim = None;
        self.kept.clear();
        self.kept.shrink_to(MAX_SPARE_BYTES);
    }

    /// How it begins, and what was seen on the way.
    pub(super) fn truncated(&self) -> Option<(&[u8], &Skim)> {
        Some((&self.kept, self.skim.as_deref()?))
    }
}

/// Splits a stream into lines, one message each.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Collector,
}

impl Lines {
    /// Hands out every message that these bytes complete, without its line end. Lines that are empty are left out.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&Message<'_>)) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.begun.is_empty() && line.len() <= MAX_MESSAGE_BYTES {
                whole(line, &mut each);
            } else {
                self.begun.push(line);
                self.finish(&mut each);
            }
        }
        if !bytes.is_empty() {
            self.begun.push(bytes);
        }
    }

    /// Hands out what stands after the last line end.
    pub fn finish(&mut self, mut each: impl FnMut(&Message<'_>)) {
        match self.begun.message() {
            Message::Whole(line) => whole(line, &mut each),
            truncated @ Message::Truncated(_) => each(&truncated),
        }
        self.begun.clear();
    }
}

fn whole(line: &[u8], each: &mut impl FnMut(&Message<'_>)) {
    if !line.trim_ascii().is_empty() {
        each(&Message::Whole(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut told = Vec::new();
        let mut each = |message: &Message<'_>| match message {
            Message::Whole(line) => told.push(String::from_utf8_lossy(line).into_owned()),
            Message::Truncated(_) => told.push("cut".to_owned()),
        };
        pieces.iter().for_each(|piece| lines.push(piece, &mut each));
        lines.finish(&mut each);
        told
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = b"{\"a\":1}\n\r\n{\"b\":2}\r\nlast";
        let all = ["{\"a\":1}", "{\"b\":2}\r", "last"];
        assert_eq!(told(&[text]), all);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(told(&bytes), all);
    }

    #[test]
    fn a_long_line_takes_no_memory() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; MAX_MESSAGE_BYTES / 2];
        for _ in 0..20 {
            lines.push(&piece, |_| unreachable!("it has no end yet"));
            assert!(lines.begun.kept.capacity() <= MAX_MESSAGE_BYTES);
        }
        assert!(lines.begun.kept.capacity() <= MAX_SPARE_BYTES);
        assert_eq!(told(&[&piece, &piece, &piece, b"\nnext\n"]), ["cut", "next"]);
    }
}
