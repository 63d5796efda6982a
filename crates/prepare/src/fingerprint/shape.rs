//! Shape: what a message says about its failure, without what two occurrences may differ in.

/// Maximum length of a shape in bytes. What follows is rather data than the error.
const MAX_BYTES: usize = 400;

/// Returns the shape of a normalised message. Numbers, ids and hashes are one kind, because an id may by chance consist
/// of digits alone.
pub(super) fn shape(normalised: &str) -> String {
    let mut end = normalised.len().min(MAX_BYTES);
    while !normalised.is_char_boundary(end) {
        end -= 1;
    }
    let mut shape = String::with_capacity(end);
    let mut rest = without_method(normalised[..end].trim_end_matches(['.', ' ']));
    while let Some(at) = rest.find('<') {
        shape.push_str(&rest[..at]);
        rest = &rest[at..];
        let placeholder =
            ["<id>", "<hash>", "<date>", "<card>", "<argument>"].into_iter().find(|known| rest.starts_with(known));
        match placeholder {
            Some(placeholder) => {
                shape.push_str("<n>");
                rest = &rest[placeholder.len()..];
            }
            None => {
                shape.push('<');
                rest = &rest[1..];
            }
        }
    }
    shape.push_str(rest);
    // runtimes quote the same text differently when they print a value
    if shape.contains('"') { shape.replace('"', "'") } else { shape }
}

/// Removes the method of the page's interfaces that an engine names first: `Failed to execute 'play' on 'Audio': …`,
/// `Audio.play: …`. JavaScriptCore names none.
fn without_method(message: &str) -> &str {
    let Some((head, rest)) = message.split_once(": ") else { return message };
    let is_interface = head.starts_with(|c: char| c.is_ascii_uppercase())
        && head.split_once('.').is_some_and(|(_, method)| method.starts_with(|c: char| c.is_ascii_lowercase()))
        && head.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    if head.starts_with("Failed to execute '") || is_interface { rest } else { message }
}

/// Returns the codes in a normalised message, which tell two failures of one place apart: `HTTP 409`, `ECONNREFUSED`,
/// `[Errno 13]`.
pub(super) fn codes(normalised: &str) -> String {
    let mut codes = String::new();
    let words = normalised.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '<' | '>')));
    for word in words.take(60).filter(|word| is_code(word)).take(4) {
        if !codes.is_empty() {
            codes.push(' ');
        }
        codes.push_str(word);
    }
    codes
}

fn is_code(word: &str) -> bool {
    let digits = word.trim_start_matches('-');
    let is_number = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_errno = word.len() > 3
        && word.starts_with('E')
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        && !word.starts_with("ERROR");
    let is_vendors = word.split_once('-').is_some_and(|(vendor, number)| {
        vendor.len() > 1
            && vendor.bytes().all(|byte| byte.is_ascii_uppercase())
            && number.len() > 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    // a number that normalisation kept is a code
    is_number || is_errno || is_vendors || word.starts_with("0x")
}
