//! Private keys in PEM blocks, complete or cut off. Line ends may be escaped as the two characters `\n`.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, CAPITALS_AND_DIGITS, Set};

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

static LABEL: Set = CAPITALS_AND_DIGITS.with(b" ");
static MATERIAL: Set = ALPHANUMERIC.with(b"+/=");

/// Checks the first dash of a block.
pub(crate) fn block(input: &Input<'_>, start: usize) -> Option<Found> {
    if !input.has(start, BEGIN) {
        return None;
    }
    let body = label_end(input, start + BEGIN.len())?;
    // the search ends at the next marker, so that many BEGIN markers without an END take linear time
    let marker = input.find(body, input.text.len(), DASHES).unwrap_or(input.text.len());
    let end = match input.has(marker, b"-----END ") {
        true => label_end(input, marker + 9).unwrap_or(marker + DASHES.len()),
        false => material_end(input, body, marker)?,
    };
    Some(Found::new(start, end, "<private-key>"))
}

/// The end of a label such as `RSA PRIVATE KEY-----`; none for certificates and public keys, which are no secrets.
fn label_end(input: &Input<'_>, start: usize) -> Option<usize> {
    let end = start + input.run(start, 48, &LABEL);
    let is_private = input.find(start, end, b"PRIVATE KEY").is_some();
    (is_private && input.has(end, DASHES)).then_some(end + DASHES.len())
}

/// The end of the key material in a block without an END marker; none if prose follows instead.
fn material_end(input: &Input<'_>, body: usize, limit: usize) -> Option<usize> {
    let (mut at, mut end) = (body, None);
    loop {
        at = blank_end(input, at);
        let word = input.run_end(at, &MATERIAL);
        let is_last = word >= limit && end.is_some();
        if word == at || word > limit || word - at < 16 && !is_last {
            return end;
        }
        (at, end) = (word, Some(word));
    }
}

fn blank_end(input: &Input<'_>, mut at: usize) -> usize {
    loop {
        match (input.at(at), input.at(at + 1)) {
            (b' ' | b'\t' | b'\r' | b'\n', _) => at += 1,
            (b'\\', b'n' | b'r') => at += 2,
            _ => return at,
        }
    }
}
