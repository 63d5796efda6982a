//! The forms of a value in what programs print: as JSON, in a URL, in Base64, in hexadecimal digits, quoted for a shell or a
//! language.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Minimum length of a value whose Base64 and hexadecimal digits are searched, in bytes. Those of a shorter one may be part of
/// another text.
const MIN_ENCODED_BYTES: usize = 8;

/// The value and its other forms, each once.
pub(super) fn forms(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([value.to_owned()]);
    let json = json(value, false);
    forms.extend([escaped(&json, &['\\', '"']), self::json(value, true), json.replace('/', "\\/"), json.clone()]);
    forms.extend([escaped(value, &['\\', '\'']), escaped(value, &['\\', '\'', '"']), escaped(value, &['"'])]);
    forms.extend([value.replace('\'', r"'\''"), value.replace('\'', "'\"'\"'"), value.replace('\'', "''")]);
    forms.extend([escaped(value, &['\\', '"', '$', '`']), escaped_for_shell(value), value.replace('%', "%%")]);
    forms.extend([html(value, "&#39;", "&quot;"), html(value, "&#x27;", "&#34;"), html(value, "&apos;", "&quot;")]);
    for kept in ["-_.~", "-_.~/", "-_.!~*'()", "-_.!~*'();/?:@&=+$,#"] {
        for lower in [false, true] {
            let encoded = percent_encoded(value, kept, lower);
            forms.insert(encoded.replace("%20", "+"));
            forms.insert(encoded);
        }
    }
    if value.len() >= MIN_ENCODED_BYTES {
        for skipped in 0..3 {
            let middle = base64_within(value.as_bytes(), skipped);
            forms.insert(middle.replace('+', "-").replace('/', "_"));
            forms.insert(middle);
        }
        let digits: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.insert(digits.to_ascii_uppercase());
        forms.insert(digits);
    }
    forms.retain(|form| form.len() >= value.len().min(MIN_ENCODED_BYTES));
    forms
}

/// The inside of a JSON string; in ASCII if wanted.
fn json(value: &str, is_ascii: bool) -> String {
    let mut json = String::new();
    for letter in value.chars() {
        match letter {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            letter if letter.is_control() || is_ascii && (!letter.is_ascii() || "<>&'".contains(letter)) => {
                json.extend(letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            letter => json.push(letter),
        }
    }
    json
}

/// The value with a backslash before some letters.
fn escaped(value: &str, letters: &[char]) -> String {
    value.chars().flat_map(|letter| letters.contains(&letter).then_some('\\').into_iter().chain([letter])).collect()
}

/// The value as a shell reads it without quotes.
fn escaped_for_shell(value: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:,@%+".contains(letter);
    value.chars().flat_map(|letter| (!is_plain(letter)).then_some('\\').into_iter().chain([letter])).collect()
}

fn html(value: &str, apostrophe: &str, quote: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    value.replace('\'', apostrophe).replace('"', quote)
}

fn percent_encoded(value: &str, kept: &str, lower: bool) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        let letter = char::from(byte);
        let _infallible = match (letter.is_ascii_alphanumeric() || byte.is_ascii() && kept.contains(letter), lower) {
            (true, _) => write!(encoded, "{letter}"),
            (false, false) => write!(encoded, "%{byte:02X}"),
            (false, true) => write!(encoded, "%{byte:02x}"),
        };
    }
    encoded
}

/// A value without the escapes of a URL; none if it has no escape.
pub(super) fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| *byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).ok().filter(|decoded| decoded != value)
}

/// The digits of Base64 that are the same whatever stands before and after the value, if it begins at this place within three
/// bytes: `user:password` has the password in its middle.
fn base64_within(value: &[u8], skipped: usize) -> String {
    let mut bytes = vec![0; skipped];
    bytes.extend_from_slice(value);
    let digits = STANDARD_NO_PAD.encode(&bytes);
    // the digits that hold bits of the bytes before or after
    let first = (skipped * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    digits.get(first..last).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_those_that_programs_print() {
        let forms = forms("a\"b'c $d/é");
        for form in [
            "a\"b'c $d/é",
            "a\\\"b'c $d/é",
            "a\\\\\\\"b'c $d/é",
            "a\\\"b\\u0027c $d/\\u00e9",
            "a\\\"b'c $d\\/é",
            "a\"b'\\''c $d/é",
            "a\"b\\'c $d/é",
            "a\\\"b'c \\$d/é",
            "a\\\"b\\'c\\ \\$d/é",
            "a&quot;b&#39;c $d/é",
            "a%22b%27c%20%24d%2F%C3%A9",
            "a%22b%27c+%24d%2f%c3%a9",
            "61226227632024642fc3a9",
        ] {
            assert!(forms.contains(form), "{form:?} is not in {forms:?}");
        }
    }

    #[test]
    fn a_password_is_found_at_each_place_within_base64() {
        for user in ["", "a", "ab", "abc", "ada:"] {
            let text = STANDARD_NO_PAD.encode(format!("{user}Summer2026Pass and more"));
            assert!(forms("Summer2026Pass").iter().any(|form| text.contains(form)), "{text}");
        }
    }
}
