//! Private keys in PEM blocks, with real line ends or with the two characters `\n`, closed or cut off.

use crate::found::Found;
use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, CAPITALS_AND_DIGITS, Set};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

static LABEL: Set = CAPITALS_AND_DIGITS.with(b" ");
static MATERIAL: Set = ALPHANUMERIC.with(b"+/=");

/// Asked at a dash.
pub(crate) fn block(seen: &Seen<'_>, start: usize) -> Option<Found> {
    if !seen.has(start, BEGIN) {
        return None;
    }
    let body = label_end(seen, start + BEGIN.len())?;
    // only as far as the next marker, so that many beginnings without an end stay linear
    let marker = seen.find(body, seen.text.len(), DASHES).unwrap_or(seen.text.len());
    let end = match seen.has(marker, b"-----END ") {
        true => label_end(seen, marker + 9).unwrap_or(marker + DASHES.len()),
        false => material_end(seen, body, marker)?,
    };
    Some(Found::new(start, end, "<private-key>"))
}

/// Reads a label such as `RSA PRIVATE KEY-----`; certificates and public keys are no secrets.
fn label_end(seen: &Seen<'_>, start: usize) -> Option<usize> {
    let end = start + seen.run(start, 48, &LABEL);
    let is_private = seen.find(start, end, b"PRIVATE KEY").is_some();
    (is_private && seen.has(end, DASHES)).then_some(end + DASHES.len())
}

/// Without an end marker only what looks like key material goes: the first words of prose behind the marker stay.
fn material_end(seen: &Seen<'_>, body: usize, limit: usize) -> Option<usize> {
    let (mut at, mut end) = (body, None);
    loop {
        at = blank_end(seen, at);
        let word = seen.run_end(at, &MATERIAL);
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
