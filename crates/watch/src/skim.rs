//! Reading over a message that is too long to keep: its id, and whether it tells of an error, in constant memory.

use memchr::memchr2;

/// Longest id or name that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 256;

/// What is known of a message so far.
#[derive(Debug, Default)]
pub(super) struct Skim {
    /// Open objects and arrays.
    depth: u32,
    /// Inside of quotes; after a backslash.
    quoted: bool,
    escaped: bool,
    /// The last string, or the scalar that is being read, as it stands in the text.
    word: Vec<u8>,
    /// The member that is being read, on the first and on the second level.
    member: Vec<u8>,
    inner: Vec<u8>,
    /// The id as it stands in the text.
    pub(super) id: Option<Vec<u8>>,
    /// The method's name.
    pub(super) method: Option<Vec<u8>>,
    /// The name or URI among the parameters.
    pub(super) name: Option<Vec<u8>>,
    /// There is an `error` that is not null.
    pub(super) error: bool,
    /// There is a `result`.
    pub(super) result: bool,
    /// The result says `"isError": true`.
    pub(super) is_error: bool,
}

impl Skim {
    /// The next bytes of it.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.quoted && !self.escaped && !matches!(byte, b'"' | b'\\') {
                // most of a long message is one long string
                let plain = memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                self.keep(&bytes[..plain]);
                bytes = &bytes[plain..];
                continue;
            }
            self.step(byte);
            bytes = rest;
        }
    }

    fn step(&mut self, byte: u8) {
        if self.quoted {
            self.keep(&[byte]);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.quoted = true;
                self.word.clear();
                self.keep(b"\"");
            }
            b':' => {
                let name = std::mem::take(&mut self.word);
                match self.depth {
                    1 => self.member = name,
                    2 => self.inner = name,
                    _ => {}
                }
            }
            b',' => self.value(),
            b'{' | b'[' => {
                self.value_begins();
                self.word.clear();
                self.depth += 1;
            }
            b'}' | b']' => {
                self.value();
                self.depth = self.depth.saturating_sub(1);
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.keep(&[byte]),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        // one more than is used tells what is too long
        let room = (MAX_TOKEN_BYTES + 1).saturating_sub(self.word.len());
        if self.depth <= 2 && room > 0 {
            self.word.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// An object or an array stands in a member.
    fn value_begins(&mut self) {
        if self.depth == 1 {
            self.error |= self.member == b"\"error\"";
            self.result |= self.member == b"\"result\"";
        }
    }

    /// A member is complete; a scalar stands in `word`.
    fn value(&mut self) {
        let word = std::mem::take(&mut self.word);
        if word.is_empty() || word.len() > MAX_TOKEN_BYTES {
            return;
        }
        match (self.depth, self.member.as_slice()) {
            (1, b"\"id\"") => self.id = Some(word),
            (1, b"\"method\"") => self.method = Some(word),
            (1, b"\"error\"") => self.error |= word != b"null",
            (1, b"\"result\"") => self.result = true,
            (2, b"\"params\"") if matches!(self.inner.as_slice(), b"\"name\"" | b"\"uri\"") => self.name = Some(word),
            (2, b"\"result\"") if self.inner == b"\"isError\"" => self.is_error = word == b"true",
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skimmed(text: &str, piece: usize) -> Skim {
        let mut skim = Skim::default();
        text.as_bytes().chunks(piece).for_each(|piece| skim.read(piece));
        skim
    }

    #[test]
    fn what_matters_is_found_wherever_it_stands() {
        let nested = r#"{"content":[{"type":"text","text":"say \"isError\":true, {[ \\"}],"structuredContent":{"isError":true,"id":9}"#;
        for piece in [1, 3, 1000] {
            let fine = skimmed(&format!(r#"{{"result":{nested}}},"jsonrpc":"2.0","id":11}}"#), piece);
            assert_eq!(
                (fine.id.as_deref(), fine.is_error, fine.result, fine.error),
                (Some(&b"11"[..]), false, true, false)
            );
            let failed = skimmed(&format!(r#"{{"id" : "a-1", "result":{nested}, "isError" : true }}}}"#), piece);
            assert_eq!((failed.id.as_deref(), failed.is_error), (Some(&b"\"a-1\""[..]), true));
            let error = skimmed(r#"{"error":{"code":-1,"message":"x"},"id":3}"#, piece);
            assert_eq!((error.id.as_deref(), error.error, error.result), (Some(&b"3"[..]), true, false));
            let request = skimmed(r#"{"method":"tools/call","params":{"arguments":{"method":"no"}},"id":7}"#, piece);
            assert_eq!(request.method.as_deref(), Some(&b"\"tools/call\""[..]));
        }
    }

    #[test]
    fn a_long_word_is_not_taken_for_a_short_one() {
        let id = format!(r#"{{"id":"{}","result":null}}"#, "9".repeat(1000));
        let skim = skimmed(&id, 7);
        assert_eq!((skim.id, skim.result), (None, true));
    }
}
