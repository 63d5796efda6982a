//! Personal numbers: bank accounts (IBAN), social security numbers of the USA, labelled phone numbers; and private keys
//! in hexadecimal.

use crate::found::Found;
use crate::full;
use crate::grouped;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, CAPITALS_AND_DIGITS, DIGITS, HEX, Set};
use crate::words::{self, ANY_CASE, Place};

/// Checks a run of digits at its first digit.
pub(crate) fn digits(input: &Input<'_>, start: usize) -> Option<Found> {
    let (first, second) = (input.before(start), input.at(start + 1));
    if first.is_ascii_uppercase() {
        return account_number(input, start);
    }
    if first == b'+' {
        return full(|| phone_after_label(input, start - 1));
    }
    match second {
        b'x' => full(|| hexadecimal_key(input, start)),
        b'0'..=b'9' if input.at(start + 3) == b'-' => social_security_number(input, start),
        b'0'..=b'9' if input.at(start + 3) == b' ' => full(|| grouped::social_security_number(input, start)),
        _ => None,
    }
}

/// An IBAN: two capitals, two digits, and up to 30 characters in one piece or in groups of four, with a checksum.
fn account_number(input: &Input<'_>, digits: usize) -> Option<Found> {
    const MIN_CHARACTERS: usize = 15;
    const MAX_CHARACTERS: usize = 34;
    let start = digits.checked_sub(2).filter(|_| DIGITS.has(input.at(digits + 1)))?;
    let is_start = input.part(start.max(input.floor), digits).iter().all(u8::is_ascii_uppercase)
        && start >= input.floor
        && input.begins_word(start);
    if !is_start {
        return None;
    }
    let (mut count, mut to, mut found) = (0, start, None);
    // the first four characters come last in the checksum
    let mut rest = 0_u32;
    while count < MAX_CHARACTERS {
        let byte = input.at(to);
        if matches!(byte, b' ' | b'-') && count % 4 == 0 && count > 0 && CAPITALS_AND_DIGITS.has(input.at(to + 1)) {
            to += 1;
            continue;
        }
        if !CAPITALS_AND_DIGITS.has(byte) {
            break;
        }
        if count >= 4 {
            rest = appended(rest, byte);
        }
        (count, to) = (count + 1, to + 1);
        let sum = input.part(start, start + 4).iter().fold(rest, |sum, byte| appended(sum, *byte));
        if count >= MIN_CHARACTERS && sum == 1 && !ALPHANUMERIC.has(input.at(to)) {
            found = Some(Found::new(start, to, "<iban>"));
        }
    }
    found
}

/// The remainder by 97 of a number after another character: letters count as 10 to 35.
fn appended(rest: u32, byte: u8) -> u32 {
    let digit = u32::from(byte);
    if byte.is_ascii_digit() { (rest * 10 + digit - 48) % 97 } else { (rest * 100 + digit - 55) % 97 }
}

/// A social security number, `123-45-6789`. Areas 000, 666 and 900 to 999 do not exist.
fn social_security_number(input: &Input<'_>, start: usize) -> Option<Found> {
    let groups = |at: usize, count: usize| input.at(at) == b'-' && input.run(at + 1, 5, &DIGITS) == count;
    let end = start + 11;
    let is_number = input.run(start, 3, &DIGITS) == 3
        && groups(start + 3, 2)
        && groups(start + 6, 4)
        && !matches!(input.part(start, start + 3), b"000" | b"666" | [b'9', ..])
        && input.begins_word(start)
        && !matches!(input.before(start), b'-' | b'_' | b'.' | b'+' | b'/')
        && !ALPHANUMERIC.has(input.at(end))
        && !(matches!(input.at(end), b'-' | b'.' | b'_') && ALPHANUMERIC.has(input.at(end + 1)));
    is_number.then(|| Found::new(start, end, "<ssn>"))
}

/// A private key of 32 bytes, `0x…`. Hashes have the same form, so it stays after words for them.
fn hexadecimal_key(input: &Input<'_>, start: usize) -> Option<Found> {
    static HASHES: &[u8] = &words::list(
        b" hash tx txn txid transaction block root topic topics digest receipt commit slot sha256 keccak256 id parent \
        checksum data calldata input output bytes32 salt nonce commitment proof merkle state selector from to at",
    );
    let body = start + 2;
    let is_key = input.at(start) == b'0' && input.run(body, 65, &HEX) == 64 && input.begins_word(start);
    if !is_key || ALPHANUMERIC.has(input.at(body + 64)) {
        return None;
    }
    static SEPARATORS: Set = Set::of(b" :=\"'\\([{,/");
    let end = input.run_start(start, 8, &SEPARATORS);
    let word = input.part(input.run_start(end, 24, &ALPHANUMERIC), end);
    let is_hash = words::find(HASHES, word, Place::End, ANY_CASE) > 0 || input.before(end) == b']';
    (!is_hash).then(|| Found::new(start, body + 64, crate::SECRET))
}

/// A number with a `+` after a label without a sign, or with a remark: `phone number is +49 …`, `Telephone (work): +49 …`.
fn phone_after_label(input: &Input<'_>, plus: usize) -> Option<Found> {
    static SIGNS: Set = Set::of(b" :=(");
    static REMARK: Set = ALPHANUMERIC.with(b" -");
    static WORDS: Set = ALPHANUMERIC.with(b" _-.");
    let mut end = input.run_start(plus, 4, &SIGNS);
    for word in [&b" is"[..], b" was"] {
        end -= if input.has_before(end, word) { word.len() } else { 0 };
    }
    if input.before(end) == b')' {
        end = input.run_start(input.run_start(end - 1, 24, &REMARK).checked_sub(1)?, 2, &SIGNS);
    }
    let label = input.part(input.run_start(end, 24, &WORDS), end);
    let to = phone_end(label, input, plus)?;
    Some(Found::new(plus, to, "<phone>"))
}

/// The end of a phone number that is the value of a key; none for other keys and values.
pub(crate) fn phone_end(key: &[u8], input: &Input<'_>, start: usize) -> Option<usize> {
    static KEYS: &[u8] = &words::list(
        b" telephone cellphone smartphone phone mobile tel cell fax msisdn whatsapp handy mobiltelefon telefon mobil telefonnummer \
        handynummer rufnummer",
    );
    static NUMBER: Set = DIGITS.with(b"+-(). /");
    if input.run(start, 7, &NUMBER) < 7 {
        return None;
    }
    let key = key.strip_suffix(b".").unwrap_or(key);
    let key = match words::find(&words::list(b" number no num"), key, Place::End, ANY_CASE) {
        0 => key,
        length => {
            let head = key.get(..key.len() - length).unwrap_or_default();
            head.strip_suffix(b" ").or(head.strip_suffix(b"_")).or(head.strip_suffix(b"-")).unwrap_or(head)
        }
    };
    let length = words::find(KEYS, key, Place::End, ANY_CASE);
    // `hotel` ends with `tel`
    let (before, word) = key.split_at_checked(key.len() - length)?;
    let is_within = before.last().is_some_and(u8::is_ascii_alphabetic) && !word.first()?.is_ascii_uppercase();
    if is_within || length == 0 {
        return None;
    }
    let mut end = start + input.run(start, 28, &NUMBER);
    while end > start && !DIGITS.has(input.at(end - 1)) {
        end -= 1;
    }
    let count = input.part(start, end).iter().filter(|byte| DIGITS.has(**byte)).count();
    let is_number = (7..=15).contains(&count) && !ALPHANUMERIC.has(input.at(end));
    is_number.then_some(end)
}
