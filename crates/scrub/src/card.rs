//! Payment card numbers: real issuer prefixes and lengths, and the check digit, so that ids and times stay.

use crate::found::Found;
use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, DIGITS, Set};

/// What a stretch of digits came to.
pub(crate) struct Digits {
    pub(crate) found: Option<Found>,
    /// Where to go on looking.
    pub(crate) end: usize,
}

const LONGEST: usize = 19;
const SHORTEST: usize = 13;

static WORD: Set = ALPHANUMERIC.with(b"_");

/// Asked at the first digit of a run; reads this run, and further ones behind single spaces or dashes.
pub(crate) fn digits(seen: &Seen<'_>, start: usize) -> Digits {
    // Runs longer than any card are read to their end all the same, or their tails would be taken for cards.
    let end = seen.run_end(start, &DIGITS);
    let length = end - start;
    let nothing = Digits { found: None, end };
    // Printed cards begin with a group of four; anything else that is too short cannot begin one.
    if !(SHORTEST..=LONGEST).contains(&length) && length != 4 || !may_begin(seen, start) {
        return nothing;
    }
    let (mut count, mut to) = (length, end);
    let mut card = None;
    while count <= LONGEST {
        if is_card(seen.part(start, to), count) && may_end(seen, to) {
            card = Some(to);
        }
        let is_separated = matches!(seen.at(to), b' ' | b'-') && DIGITS.has(seen.at(to + 1));
        if !is_separated || length != 4 {
            break;
        }
        let from = to + 1;
        to = seen.run_end(from, &DIGITS);
        count += to - from;
    }
    card.map_or(nothing, |end| Digits { found: Some(Found::new(start, end, "<card>")), end })
}

/// Not within a word, a decimal fraction, a phone number or a placeholder's neighbourhood of digits.
fn may_begin(seen: &Seen<'_>, start: usize) -> bool {
    let before = seen.before(start);
    let is_fraction = before == b'.' && start >= 2 && DIGITS.has(seen.at(start - 2));
    seen.begins_word(start) && !matches!(before, b'_' | b'+') && !is_fraction
}

fn may_end(seen: &Seen<'_>, end: usize) -> bool {
    let after = seen.at(end);
    let is_fraction = after == b'.' && DIGITS.has(seen.at(end + 1));
    !WORD.has(after) && !is_fraction
}

/// `text` holds `count` digits, and the signs between their groups.
fn is_card(text: &[u8], count: usize) -> bool {
    count >= SHORTEST && has_issuer(text, count) && passes_luhn(text)
}

/// No issuer begins with 1, which is what times in milliseconds, microseconds and nanoseconds begin with until 2033.
fn has_issuer(text: &[u8], count: usize) -> bool {
    let prefix = text.iter().take(4).fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match (prefix, count) {
        (4000..=4999, 13 | 16 | 18 | 19) => true,                     // Visa
        (5100..=5599 | 2221..=2720 | 2200..=2204, 16) => true,        // Mastercard, Mir
        (3400..=3499 | 3700..=3799, 15) => true,                      // American Express
        (3000..=3059 | 3095 | 3600..=3699 | 3800..=3999, 14) => true, // Diners Club
        (3528..=3589, 16..=19) => true,                               // JCB
        (6011 | 6440..=6599 | 6200..=6299, 16..=19) => true,          // Discover, UnionPay
        (5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763, 13..=19) => true, // Maestro
        _ => false,
    }
}

fn passes_luhn(text: &[u8]) -> bool {
    let mut sum = 0_u32;
    let mut is_doubled = false;
    for digit in text.iter().rev().filter(|byte| DIGITS.has(**byte)) {
        let digit = u32::from(digit - b'0') << u32::from(is_doubled);
        sum += if digit > 9 { digit - 9 } else { digit };
        is_doubled = !is_doubled;
    }
    sum.is_multiple_of(10)
}
