//! `Skim`: scans a message that is too long to store, in constant memory. Finds its id, and whether it is an error.

use memchr::memchr2;

/// Maximum length of an id or a name, in bytes. A longer one is ignored.
const MAX_TOKEN_BYTES: usize = 256;

/// State of the scan, and the members found so far.
#[derive(Debug, Default)]
pub(crate) struct Skim {
    /// Number of open objects and arrays.
    depth: u32,
    /// True if the scan is inside a string.
    in_string: bool,
    /// True if the last byte was a backslash inside a string.
    escaped: bool,
    /// Bytes of the last string, or of the current scalar.
    token: Vec<u8>,
    /// Name of the current member on the first level.
    outer_name: Vec<u8>,
    /// Name of the current member on the second level.
    inner_name: Vec<u8>,
    /// The id, as JSON.
    pub(crate) id: Option<Vec<u8>>,
    /// The method, as JSON.
    pub(crate) method: Option<Vec<u8>>,
    /// The `name` or `uri` of the parameters, as JSON.
    pub(crate) name: Option<Vec<u8>>,
    /// True if there is an `error` that is not null.
    pub(crate) has_error: bool,
    /// True if there is a `result`.
    pub(crate) has_result: bool,
    /// True if the result contains `"isError": true`.
    pub(crate) is_error: bool,
}

impl Skim {
    /// Scans the next bytes of the message.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.in_string && !self.escaped && !matches!(byte, b'"' | b'\\') {
                // fast path, because most of a long message is one long string
                let plain = memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                self.append(&bytes[..plain]);
                bytes = &bytes[plain..];
                continue;
            }
            self.step(byte);
            bytes = rest;
        }
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.append(&[byte]);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.token.clear();
                self.append(b"\"");
            }
            b':' => {
                let name = std::mem::take(&mut self.token);
                match self.depth {
                    1 => self.outer_name = name,
                    2 => self.inner_name = name,
                    _ => {}
                }
            }
            b',' => self.end_value(),
            b'{' | b'[' => {
                self.nested_value();
                self.token.clear();
                self.depth += 1;
            }
            b'}' | b']' => {
                self.end_value();
                self.depth = self.depth.saturating_sub(1);
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => self.append(&[byte]),
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        // one byte more than the maximum shows that a token is too long
        let remaining = (MAX_TOKEN_BYTES + 1).saturating_sub(self.token.len());
        if self.depth <= 2 && remaining > 0 {
            self.token.extend_from_slice(&bytes[..bytes.len().min(remaining)]);
        }
    }

    /// Records that the value of the current member is an object or an array.
    fn nested_value(&mut self) {
        if self.depth == 1 {
            self.has_error |= self.outer_name == b"\"error\"";
            self.has_result |= self.outer_name == b"\"result\"";
        }
    }

    /// Records the value that just ended. `token` holds it if it is a scalar.
    fn end_value(&mut self) {
        let token = std::mem::take(&mut self.token);
        if token.is_empty() || token.len() > MAX_TOKEN_BYTES {
            return;
        }
        match (self.depth, self.outer_name.as_slice()) {
            (1, b"\"id\"") => self.id = Some(token),
            (1, b"\"method\"") => self.method = Some(token),
            (1, b"\"error\"") => self.has_error |= token != b"null",
            (1, b"\"result\"") => self.has_result = true,
            (2, b"\"params\"") if matches!(self.inner_name.as_slice(), b"\"name\"" | b"\"uri\"") => {
                self.name = Some(token)
            }
            (2, b"\"result\"") if self.inner_name == b"\"isError\"" => self.is_error = token == b"true",
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
    fn members_are_found_at_any_position() {
        let nested = r#"{"content":[{"type":"text","text":"say \"isError\":true, {[ \\"}],"structuredContent":{"isError":true,"id":9}"#;
        for piece in [1, 3, 1000] {
            let success = skimmed(&format!(r#"{{"result":{nested}}},"jsonrpc":"2.0","id":11}}"#), piece);
            assert_eq!(
                (success.id.as_deref(), success.is_error, success.has_result, success.has_error),
                (Some(&b"11"[..]), false, true, false)
            );
            let failed = skimmed(&format!(r#"{{"id" : "a-1", "result":{nested}, "isError" : true }}}}"#), piece);
            assert_eq!((failed.id.as_deref(), failed.is_error), (Some(&b"\"a-1\""[..]), true));
            let error = skimmed(r#"{"error":{"code":-1,"message":"x"},"id":3}"#, piece);
            assert_eq!((error.id.as_deref(), error.has_error, error.has_result), (Some(&b"3"[..]), true, false));
            let request = skimmed(r#"{"method":"tools/call","params":{"arguments":{"method":"no"}},"id":7}"#, piece);
            assert_eq!(request.method.as_deref(), Some(&b"\"tools/call\""[..]));
        }
    }

    #[test]
    fn an_id_that_is_too_long_is_ignored() {
        let id = format!(r#"{{"id":"{}","result":null}}"#, "9".repeat(1000));
        let skim = skimmed(&id, 7);
        assert_eq!((skim.id, skim.has_result), (None, true));
    }
}
