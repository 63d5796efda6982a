//! Recognises ids and hashes, and distinguishes them from words with digits.

/// Returns the length of a UUID, `8-4-4-4-12` hexadecimal digits, at the beginning of the text.
pub(super) fn uuid(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes().get(..36)?;
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    (bytes.iter().enumerate().all(fits) && !continues(rest, 36)).then_some(36)
}

/// Returns the length of `0x…` at the beginning of the text.
pub(super) fn address(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"))?;
    let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
    (length > 0 && !continues(digits, length)).then_some(length + 2)
}

fn continues(text: &str, at: usize) -> bool {
    text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Copies a word and replaces each part between underscores that is an id: in `req_8f3a9c1d`, but not in `x86_64`.
pub(super) fn without_ids(word: &str, out: &mut String) {
    for (index, part) in word.split('_').enumerate() {
        if index > 0 {
            out.push('_');
        }
        out.push_str(if is_id(part) { "<id>" } else { part });
    }
}

/// Copies a file's name and replaces a bundler's hash in it: `main.3f2a1b9c.js`, `index-BkX3d9Zq.js`.
pub(super) fn without_hashes(name: &str, out: &mut String) {
    let mut rest = name;
    loop {
        let length = rest.find(['.', '-', '_', '~']).unwrap_or(rest.len());
        let part = &rest[..length];
        out.push_str(if is_id(part) || length == 8 && is_short_hash(part) { "<hash>" } else { part });
        let Some(separator) = rest[length..].chars().next() else { return };
        out.push(separator);
        rest = &rest[length + 1..];
    }
}

/// Returns true for eight or more hexadecimal digits, and for a word of twelve or more characters that often changes
/// between digits, small and capital letters, as random words do. Both contain decimal digits and other characters.
fn is_id(word: &str) -> bool {
    if word.len() < 8 || !word.is_ascii() {
        return false;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_mixed = digits > 0 && digits < word.len();
    is_mixed && (is_hexadecimal || word.len() >= 12 && changes(word) >= 5)
}

/// Returns true for a hash of Vite or Rollup. The caller checks its length, eight characters.
fn is_short_hash(word: &str) -> bool {
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let small = word.len() - capitals - digits;
    word.is_ascii() && changes(word) >= 3 && (digits > 0 && capitals + small > 0 || capitals >= 3 && small > 0)
}

/// Counts the changes between digits, capital and other letters.
fn changes(word: &str) -> usize {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    word.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count()
}
