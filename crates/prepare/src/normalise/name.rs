//! Recognises names that a system gives: pods, resources of AWS, network cards, objects of a virtual machine.

use super::{Found, Match, continues_word, found};

/// Characters of the random parts of Kubernetes' names: no vowels, and no digits that look like letters.
const POD_CHARACTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// Maximum length of a pod's name that is read.
const MAX_NAME_BYTES: usize = 80;

/// Matches a resource of AWS: `arn:aws:lambda:eu-west-1:123456789012:function:shop`.
pub(super) fn arn(rest: &str) -> Match {
    let inner = rest.strip_prefix("arn:aws")?;
    let belongs = |c: char| c.is_alphanumeric() || ":/._-+=@*$~".contains(c);
    let length = inner.find(|c| !belongs(c)).unwrap_or(inner.len());
    let length = inner[..length].trim_end_matches([':', '.', '-', '=']).len();
    if length > 0 { found(length + 7, "<arn>", "resource of AWS") } else { None }
}

/// Matches a network card's address: six pairs of hexadecimal digits.
pub(super) fn mac(rest: &str) -> Match {
    let bytes = rest.as_bytes().get(..17)?;
    let separator = bytes[2];
    let fits = |(at, byte): (usize, &u8)| if at % 3 == 2 { *byte == separator } else { byte.is_ascii_hexdigit() };
    let is_address = matches!(separator, b':' | b'-') && bytes.iter().enumerate().all(fits);
    (is_address && !rest[17..].starts_with(|c: char| continues_word(c) || c == ':'))
        .then(|| Found::new(17, "<mac>", "network address"))
}

/// Matches the random parts of a pod's name at `-`: `-7d4b9c6f5d-x2x9q` of a deployment, `-x2x9q` of other owners.
pub(super) fn pod(rest: &str, previous: char) -> Match {
    if !previous.is_ascii_lowercase() && !previous.is_ascii_digit() {
        return None;
    }
    let mut parts = rest.strip_prefix('-')?.split('-');
    let first = part(parts.next()?);
    let second = parts.next().map(part);
    let length = match (first, second) {
        (Some(hash @ 6..=10), Some(Some(5))) => 1 + hash + 1 + 5,
        (Some(5), None | Some(None)) if is_mixed(&rest[1..6]) => 6,
        _ => return None,
    };
    let ends = !rest[length..].starts_with(|c: char| continues_word(c) || c == '-');
    (ends && length < MAX_NAME_BYTES).then(|| Found::new(length, "-<pod>", "pod"))
}

/// Returns the length of a random part at the beginning of the text.
fn part(text: &str) -> Option<usize> {
    let length = text.bytes().take(12).take_while(|byte| POD_CHARACTERS.contains(byte)).count();
    (length >= 5 && !text[length..].starts_with(continues_word)).then_some(length)
}

fn is_mixed(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && digits < text.len()
}

/// Matches an object's hash at `@`: `com.acme.Cart@6d06d69`.
pub(super) fn object(rest: &str, previous: char) -> Match {
    let digits =
        rest.strip_prefix('@').filter(|_| previous.is_alphanumeric() || matches!(previous, ';' | ']' | '>'))?;
    let length = digits.bytes().take(17).take_while(u8::is_ascii_hexdigit).count();
    let ends = !digits[length..].starts_with(|c: char| continues_word(c) || c == '.');
    ((4..=16).contains(&length) && ends && digits[..length].bytes().any(|byte| byte.is_ascii_digit()))
        .then(|| Found::new(length + 1, "@<id>", "object"))
}

/// Matches a random key at `$`: `__reactFiber$b6c78e70asw`.
pub(super) fn key(rest: &str, previous: char) -> Match {
    let key = rest.strip_prefix('$').filter(|_| previous.is_ascii_alphanumeric())?;
    let belongs = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let length = key.bytes().take(32).take_while(belongs).count();
    ((8..=24).contains(&length) && is_mixed(&key[..length]) && !key[length..].starts_with(continues_word))
        .then(|| Found::new(length + 1, "$<id>", "random key"))
}
