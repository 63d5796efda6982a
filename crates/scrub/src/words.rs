//! Lists of words as bytes, with each word's length before it. Such a list is smaller than an array of strings.

/// The required place of a word in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    End,
    /// The word equals the text.
    Whole,
}

/// Matches text in either case. The list must be in lower case.
///
/// This is the bit in which upper and lower case letters differ in ASCII. A sign or digit in such a list also matches a
/// control character, so such a list is for text without control characters.
pub(crate) const ANY_CASE: u8 = 0x20;
/// Matches text exactly.
pub(crate) const EXACT: u8 = 0;

/// Makes a list from a text of words. The text's first byte is the separator, which stands before each word.
pub(crate) const fn list<const LENGTH: usize>(text: &[u8; LENGTH]) -> [u8; LENGTH] {
    let mut list = *text;
    let mut index = LENGTH;
    let mut length = 0;
    while index > 0 {
        index -= 1;
        if text[index] == text[0] {
            list[index] = length;
            length = 0;
        } else {
            length += 1;
        }
    }
    list
}

/// The filter of a list, [`filter`].
pub(crate) type Filter = [u64; 4];

/// Builds the filter of a list: a set of 256 bits, with one bit set for the first or last three letters of each word.
///
/// [`may_start`] and [`may_end`] check the filter, so that [`find`] walks a list only for text that may match,
/// because a walk takes a hundred times as long as the check.
pub(crate) const fn filter(list: &[u8], place: Place) -> Filter {
    let mut filter = [0; 4];
    let mut index = 0;
    while index < list.len() {
        let length = list[index] as usize;
        let first = if matches!(place, Place::End) { index + length - 2 } else { index + 1 };
        let bit = filter_bit([list[first], list[first + 1], list[first + 2]]);
        filter[bit / 64] |= 1 << (bit % 64);
        index += 1 + length;
    }
    filter
}

/// The filter's bit for three letters.
///
/// The multipliers were chosen so that `___` and `---` match the filter of no list, and common names match few.
const fn filter_bit([first, second, third]: [u8; 3]) -> usize {
    (first as usize + 9 * second as usize + 23 * third as usize) & 255
}

/// Checks the filter of a list: false if none of its words stands at the end of the text.
pub(crate) fn may_end(text: &[u8], filter: &Filter) -> bool {
    text.last_chunk().is_some_and(|letters| has_bit(filter, *letters))
}

/// Checks the filter of a list: false if none of its words stands at the start of the text.
pub(crate) fn may_start(text: &[u8], filter: &Filter) -> bool {
    text.first_chunk().is_some_and(|letters| has_bit(filter, *letters))
}

fn has_bit(filter: &Filter, letters: [u8; 3]) -> bool {
    let bit = filter_bit(letters);
    filter[bit / 64] >> (bit % 64) & 1 != 0
}

/// The length of the list's first word that stands at the place in the text; 0 if there is none.
pub(crate) fn find(list: &[u8], text: &[u8], place: Place, case: u8) -> usize {
    let mut rest = list;
    while let Some((length, tail)) = rest.split_first() {
        let length = usize::from(*length);
        let Some((word, tail)) = tail.split_at_checked(length) else { break };
        rest = tail;
        let Some(spare) = text.len().checked_sub(length) else { continue };
        if spare > 0 && place == Place::Whole {
            continue;
        }
        let start = if place == Place::End { spare } else { 0 };
        let part = text.get(start..).unwrap_or_default();
        if word.iter().zip(part).all(|(letter, byte)| *letter == *byte || *letter == byte | case) {
            return length;
        }
    }
    0
}

/// The first word of a text, with an apostrophe within it.
pub(crate) fn first(text: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| !byte.is_ascii_alphabetic() && *byte != b'\'';
    let end = text.iter().take(16).position(is_end).unwrap_or(text.len().min(16));
    let is_word = text.get(end).is_none_or(|byte| b" .\"',".contains(byte));
    if is_word { text.get(..end).unwrap_or_default() } else { b"" }
}

/// True if the text is a word of the list.
pub(crate) fn has(list: &[u8], text: &[u8], case: u8) -> bool {
    find(list, text, Place::Whole, case) > 0
}
