//! Personal numbers in groups after their label: `IBAN: DE89 3704 …`, `SSN: 078 05 1120`, `Passport No: C01X 00T 47`.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::name_before::Key;
use crate::set::{ALPHANUMERIC, CAPITALS_AND_DIGITS, DIGITS, LETTERS, Set};
use crate::words::{self, EXACT, Place};

/// Labels of such numbers; only their letters count.
static LABELS: &[u8] = &words::list(
    b" iban bban socialsecuritynumber socialsecurityno socialsecurity nationalid nationalidnumber nationalinsurancenumber \
    nationalinsuranceno nationalinsurance taxid taxidnumber taxnumber taxno taxpayerid vatid vatnumber vatno passportnumber \
    passportno passportid cardnumber cardno creditcard debitcard accountnumber accountno identitycard idcardnumber \
    steuerid steuernummer kontonummer kartennummer reisepass sozialversicherungsnummer",
);
/// Labels that other words end with, so only whole words count.
static WORDS: &[u8] = &words::list(b" ssn passport nino");

static LABEL: Set = LETTERS.with(b" _-.");
/// Enough for an IBAN with blanks, the longest of these numbers.
const MAX_BYTES: usize = 48;
/// Number of characters of a group; an IBAN may have its whole rest in one.
const MAX_GROUP: usize = 30;

/// True if the text before an index ends with a label.
fn is_labelled(input: &Input<'_>, end: usize) -> bool {
    const MAX_LABEL: usize = 40;
    let text = input.part(input.run_start(end, MAX_LABEL, &LABEL), end);
    let mut letters = [0; MAX_LABEL];
    let mut length = 0;
    for byte in text.iter().filter(|byte| byte.is_ascii_alphabetic()) {
        letters[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    let letters = letters.get(..length).unwrap_or_default();
    let last = text.rsplit(|byte| matches!(byte, b' ' | b'_' | b'-')).next().unwrap_or_default();
    let last = last.strip_suffix(b".").unwrap_or(last);
    words::find(LABELS, letters, Place::End, EXACT) > 0 || words::has(WORDS, last, words::ANY_CASE)
}

/// The end of the groups at an index: capitals and digits, with a blank, a dash or a dot between them.
fn groups_end(input: &Input<'_>, start: usize) -> usize {
    let mut end = start;
    let mut at = start;
    while at - start < MAX_BYTES {
        let group = at + input.run(at, MAX_GROUP, &CAPITALS_AND_DIGITS);
        if group == at || ALPHANUMERIC.has(input.at(group)) {
            break;
        }
        // capitals alone are a bank within an IBAN only if digits follow
        let has_digit = input.part(at, group).iter().any(u8::is_ascii_digit);
        if has_digit || group - at == 1 {
            end = group;
        }
        at = group
            + match input.at(group) {
                b' ' | b'-' | b'.' | b'/' => 1,
                _ if input.has(group, "\u{a0}".as_bytes()) => 2,
                _ => break,
            };
    }
    end
}

/// The end of a number whose first group ends at `end`, under a secret's name.
pub(crate) fn end(input: &Input<'_>, key: &Key<'_>, start: usize, end: usize) -> usize {
    let label = key.start + key.text.len();
    if CAPITALS_AND_DIGITS.has(input.at(start)) && is_labelled(input, label) {
        groups_end(input, start).max(end)
    } else {
        end
    }
}

/// A number after a label that is no secret's name by itself, such as `Passport No`.
pub(crate) fn value(input: &Input<'_>, key: &Key<'_>, start: usize) -> Option<Found> {
    // a shortcut: most values begin with another byte
    if !CAPITALS_AND_DIGITS.has(input.at(start)) {
        return None;
    }
    let end = groups_end(input, start);
    let digits = input.part(start, end).iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_number = digits >= 5 && end - start >= 7 && is_labelled(input, key.start + key.text.len());
    is_number.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the first digit of a social security number with blanks, `SSN 078 05 1120`, which needs its label.
pub(crate) fn social_security_number(input: &Input<'_>, start: usize) -> Option<Found> {
    let group = |at: usize, count: usize| input.run(at, 5, &DIGITS) == count;
    let end = start + 11;
    let is_number = input.at(start + 3) == b' ' && input.at(start + 6) == b' ' && input.before(start) == b' ';
    if !is_number || !group(start, 3) || !group(start + 4, 2) || !group(start + 7, 4) || ALPHANUMERIC.has(input.at(end))
    {
        return None;
    }
    let mut label = start - 1;
    for word in [&b" is"[..], b" was", b" number", b" #", b" no."] {
        label -= if input.has_before(label, word) { word.len() } else { 0 };
    }
    is_labelled(input, label).then(|| Found::new(start, end, "<ssn>"))
}
