//! Private keys in PEM blocks, with real line ends or with the two characters `\n`, closed or cut off.

use crate::boundary::{find, run, run_end};
use crate::scanner::{Found, Seen};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// Asked at a dash.
pub(crate) fn block<'a>(seen: &Seen<'a>, start: usize) -> Option<Found<'a>> {
    if !seen.has(start, BEGIN) {
        return None;
    }
    let body = label_end(seen, start + BEGIN.len())?;
    // only as far as the next marker, so that many beginnings without an end stay linear
    let marker = body + find(&seen.bytes[body..], DASHES).unwrap_or(seen.text.len() - body);
    let end = match seen.has(marker, b"-----END ") {
        true => label_end(seen, marker + 9).unwrap_or(marker + DASHES.len()),
        false => material_end(seen, body, marker)?,
    };
    Some(Found::new(start, end, "<private-key>"))
}

/// Reads a label such as `RSA PRIVATE KEY-----`; certificates and public keys are no secrets.
fn label_end(seen: &Seen<'_>, start: usize) -> Option<usize> {
    let length = run(seen.bytes, start, 48, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    let is_private = find(&seen.bytes[start..start + length], b"PRIVATE KEY").is_some();
    (is_private && seen.has(start + length, DASHES)).then_some(start + length + DASHES.len())
}

/// Without an end marker only what looks like key material goes: the first words of prose behind the marker stay.
fn material_end(seen: &Seen<'_>, body: usize, limit: usize) -> Option<usize> {
    let (mut at, mut end) = (body, None);
    loop {
        at = blank_end(seen, at);
        let word = run_end(seen.bytes, at, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        let is_last = word >= limit && end.is_some();
        if word == at || word > limit || word - at < 16 && !is_last {
            return end;
        }
        (at, end) = (word, Some(word));
    }
}

fn blank_end(seen: &Seen<'_>, mut at: usize) -> usize {
    loop {
        match (seen.at(at), seen.at(at + 1)) {
            (b' ' | b'\t' | b'\r' | b'\n', _) => at += 1,
            (b'\\', b'n' | b'r') => at += 2,
            _ => return at,
        }
    }
}
