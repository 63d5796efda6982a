//! `Reader`: reads JSON text of an engine, which is well formed unless it was cut.

/// A reader of JSON text.
pub(crate) struct Reader<'a> {
    /// The unread text.
    pub(crate) rest: &'a str,
}

impl<'a> Reader<'a> {
    /// The next byte that is no whitespace; 0 at the end.
    pub(crate) fn next(&mut self) -> u8 {
        self.rest = self.rest.trim_ascii_start();
        self.rest.as_bytes().first().copied().unwrap_or(0)
    }

    /// Skips this many bytes and returns them.
    pub(crate) fn skip(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Skips an object or a list of any depth, without recursion, which could exhaust the stack.
    pub(crate) fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.next() {
                b'"' => {
                    self.text();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                0 => return,
                _ => {}
            }
            // only strings contain characters outside of ASCII
            self.skip(1);
            if depth == 0 {
                return;
            }
        }
    }

    /// Reads a string, without its quotes and escapes.
    pub(crate) fn text(&mut self) -> String {
        let mut text = String::new();
        self.skip(1);
        loop {
            let plain = self.rest.bytes().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(self.rest.len());
            text.push_str(self.skip(plain));
            if self.skip(1) != "\\" {
                return text;
            }
            match self.skip(1) {
                "n" => text.push('\n'),
                "r" => text.push('\r'),
                "t" => text.push('\t'),
                "b" => text.push('\u{8}'),
                "f" => text.push('\u{c}'),
                // Engines escape control characters and lone surrogates only.
                "u" => {
                    text.push(escaped(self.skip(4)).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                other => text.push_str(other),
            }
        }
    }
}

/// The character of an escape's four hexadecimal digits.
fn escaped(digits: &str) -> Option<char> {
    let mut number = 0;
    for byte in digits.bytes() {
        number = number << 4 | char::from(byte).to_digit(16)?;
    }
    if digits.len() == 4 { char::from_u32(number) } else { None }
}
