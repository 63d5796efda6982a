//! Private keys in PEM blocks, complete or cut off. Line ends may be escaped as the two characters `\n`.

use crate::found::Found;
use crate::full;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, CAPITALS_AND_DIGITS, DIGITS, Set};
use crate::value::after_line;
use crate::words;

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

static LABEL: Set = CAPITALS_AND_DIGITS.with(b" ");
static MATERIAL: Set = ALPHANUMERIC.with(b"+/=");

/// Checks the first dash of a block.
pub(crate) fn block(input: &Input<'_>, start: usize) -> Option<Found> {
    match input.at(start + 1) {
        b'-' if input.has(start, BEGIN) => {}
        b'L' => return full(|| putty_lines(input, start)),
        _ => return None,
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

/// The lines after `Private-Lines: 14` in a key of PuTTY.
fn putty_lines(input: &Input<'_>, dash: usize) -> Option<Found> {
    if !input.has(dash, b"-Lines: ") || !input.has_before(dash, b"Private") {
        return None;
    }
    let number = dash + 8;
    let end = number + input.run(number, 3, &DIGITS);
    let count = input.part(number, end).iter().fold(0_usize, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    let start = blank_end(input, end);
    let mut end = start;
    for _ in 0..count {
        end = input.run_end(blank_end(input, end), &MATERIAL);
    }
    (end > start).then(|| Found::new(start, end, "<private-key>"))
}

/// Checks the `J` of `LS0tLS1CRUdJTi…`, a PEM block in Base64. A certificate continues with `BD` or `BO`, a public key
/// with `BQVUJM`.
pub(crate) fn encoded(input: &Input<'_>, at: usize) -> Option<Found> {
    static LABELS: &[u8] = &words::list(b" BQUklW BSU0Eg BFQyBQ BPUEVO BFTkNS BEU0Eg");
    let start = at.checked_sub(11)?;
    let is_block = input.has_before(at, b"LS0tLS1CRUd") && input.has(at, b"JTi");
    let label = input.part(at + 3, input.text.len());
    if !is_block || words::find(LABELS, label, words::Place::Start, words::EXACT) == 0 {
        return None;
    }
    Some(Found::new(start, input.run_end(at, &MATERIAL), "<private-key>"))
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
        let next = after_line(input, at + usize::from(matches!(input.at(at), b' ' | b'\t')));
        if next == at {
            return at;
        }
        at = next;
    }
}
