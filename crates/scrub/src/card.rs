//! Payment card numbers: real issuer prefixes and lengths, and the check digit, so that ids and times stay.

use crate::scanner::{Found, Seen};

/// What a stretch of digits came to.
pub(crate) struct Digits<'a> {
    pub(crate) found: Option<Found<'a>>,
    /// Where to go on looking.
    pub(crate) end: usize,
}

const LONGEST: usize = 19;
const SHORTEST: usize = 13;

/// Asked at the first digit of a run; reads this run, and further ones behind single spaces or dashes.
pub(crate) fn digits<'a>(seen: &Seen<'a>, start: usize) -> Digits<'a> {
    let end = run_end(seen, start);
    let length = end - start;
    let nothing = Digits { found: None, end };
    // Printed cards begin with a group of four; anything else that is too short cannot begin one.
    if !(SHORTEST..=LONGEST).contains(&length) && length != 4 || !may_begin(seen, start) {
        return nothing;
    }
    let mut number = [0_u8; LONGEST];
    let (mut count, mut from, mut to) = (0, start, end);
    let mut card = None;
    loop {
        if count + (to - from) > LONGEST {
            break;
        }
        number[count..count + (to - from)].copy_from_slice(&seen.bytes[from..to]);
        count += to - from;
        if is_card(&number[..count]) && may_end(seen, to) {
            card = Some(to);
        }
        let is_separated = matches!(seen.at(to), b' ' | b'-') && seen.at(to + 1).is_ascii_digit();
        if !is_separated || length != 4 {
            break;
        }
        (from, to) = (to + 1, run_end(seen, to + 1));
    }
    card.map_or(nothing, |end| Digits { found: Some(Found::new(start, end, "<card>")), end })
}

/// Runs longer than any card are read to their end all the same, or their tails would be taken for cards.
fn run_end(seen: &Seen<'_>, start: usize) -> usize {
    crate::boundary::run_end(seen.bytes, start, |byte| byte.is_ascii_digit())
}

/// Not within a word, a decimal fraction, a phone number or a placeholder's neighbourhood of digits.
fn may_begin(seen: &Seen<'_>, start: usize) -> bool {
    let before = seen.before(start);
    let is_fraction = before == b'.' && start >= 2 && seen.bytes[start - 2].is_ascii_digit();
    crate::boundary::begins_word(seen, start) && !matches!(before, b'_' | b'+') && !is_fraction
}

fn may_end(seen: &Seen<'_>, end: usize) -> bool {
    let after = seen.at(end);
    let is_fraction = after == b'.' && seen.at(end + 1).is_ascii_digit();
    !after.is_ascii_alphanumeric() && after != b'_' && !is_fraction
}

fn is_card(number: &[u8]) -> bool {
    number.len() >= SHORTEST && has_issuer(number) && passes_luhn(number)
}

/// No issuer begins with 1, which is what times in milliseconds, microseconds and nanoseconds begin with until 2033.
fn has_issuer(number: &[u8]) -> bool {
    let prefix = number[..4].iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match (prefix, number.len()) {
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

fn passes_luhn(number: &[u8]) -> bool {
    let sum = number.iter().rev().enumerate().fold(0_u32, |sum, (place, digit)| {
        let digit = u32::from(digit - b'0');
        let doubled = digit * 2;
        sum + if place % 2 == 0 { digit } else { doubled - if doubled > 9 { 9 } else { 0 } }
    });
    sum % 10 == 0
}
