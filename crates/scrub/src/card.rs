//! Payment card numbers, by issuer prefix, length and check digit, so that ids and timestamps stay.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, DIGITS, Set};

/// The result for a run of digits.
pub(crate) struct Digits {
    pub(crate) found: Option<Found>,
    /// The end of the run, where the scanner continues.
    pub(crate) end: usize,
}

const MAX_DIGITS: usize = 19;
/// Minimum number of digits of a card number.
pub const MIN_CARD_DIGITS: usize = 13;

static WORD: Set = ALPHANUMERIC.with(b"_");

/// Checks a run of digits at its first digit, and further runs after single spaces or dashes.
pub(crate) fn digits(input: &Input<'_>, start: usize) -> Digits {
    // Runs longer than any card are read to their end, so that their tails are not mistaken for cards.
    let end = input.run_end(start, &DIGITS);
    let length = end - start;
    let nothing = Digits { found: None, end };
    // Printed card numbers begin with a group of four. Other short runs cannot begin one.
    if !(MIN_CARD_DIGITS..=MAX_DIGITS).contains(&length) && length != 4 || !may_begin(input, start) {
        return nothing;
    }
    let (mut count, mut to) = (length, end);
    let mut card = None;
    while count <= MAX_DIGITS {
        if is_card(input.part(start, to), count) && may_end(input, to) {
            card = Some(to);
        }
        let is_separated = matches!(input.at(to), b' ' | b'-' | b'.') && DIGITS.has(input.at(to + 1));
        if !is_separated || length != 4 {
            break;
        }
        let from = to + 1;
        to = input.run_end(from, &DIGITS);
        count += to - from;
    }
    card.map_or(nothing, |end| Digits { found: Some(Found::new(start, end, "<card>")), end })
}

/// True if a card number may start here: not within a word, a decimal fraction or a phone number.
fn may_begin(input: &Input<'_>, start: usize) -> bool {
    let before = input.before(start);
    let is_fraction = before == b'.' && start >= 2 && DIGITS.has(input.at(start - 2));
    input.begins_word(start) && !matches!(before, b'_' | b'+') && !is_fraction
}

fn may_end(input: &Input<'_>, end: usize) -> bool {
    let after = input.at(end);
    let is_fraction = after == b'.' && DIGITS.has(input.at(end + 1));
    !WORD.has(after) && !is_fraction
}

/// True if `text`, with `count` digits and separators between their groups, is a card number.
fn is_card(text: &[u8], count: usize) -> bool {
    count >= MIN_CARD_DIGITS && has_issuer(text, count) && passes_luhn(text)
}

/// True if an issuer has numbers with these first digits and this length. No issuer's prefix begins with 1, as
/// timestamps in milliseconds, microseconds and nanoseconds do until 2033.
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
