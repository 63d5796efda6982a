//! Lists of words, each word behind its length: one piece of data instead of an array of texts.

/// Where in a text a word has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    End,
    /// The word is all of the text.
    Whole,
}

/// For lists in lower case: matches text in either case.
///
/// It is the bit by which ASCII tells the cases of letters apart. Signs and digits match a control character as well,
/// so they must not stand in such a list unless the text has none.
pub(crate) const ANY_CASE: u8 = 0x20;
/// Matches text exactly.
pub(crate) const EXACT: u8 = 0;

/// Makes a list of words that are written with the text's first byte before each.
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

/// A bit for the three letters at the start or end of each word of a list.
///
/// Names are many, and these letters tell nearly all of them from every word.
pub(crate) const fn marks(list: &[u8], place: Place) -> u64 {
    let mut marks = 0;
    let mut index = 0;
    while index < list.len() {
        let length = list[index] as usize;
        let first = if matches!(place, Place::End) { index + length - 2 } else { index + 1 };
        marks |= mark([list[first], list[first + 1], list[first + 2]]);
        index += 1 + length;
    }
    marks
}

/// The factors keep frequent names, and runs of `_` and `-`, apart from the words there are.
const fn mark([first, second, third]: [u8; 3]) -> u64 {
    1 << ((first as u32 + 9 * second as u32 + 23 * third as u32) & 63)
}

/// Whether one of the words may stand at the end of the text.
pub(crate) fn may_end(text: &[u8], marks: u64) -> bool {
    text.last_chunk().is_some_and(|letters| marks & mark(*letters) != 0)
}

/// Whether one of the words may stand at the start of the text.
pub(crate) fn may_start(text: &[u8], marks: u64) -> bool {
    text.first_chunk().is_some_and(|letters| marks & mark(*letters) != 0)
}

/// The length of the first word of the list that stands there in the text; 0 if none does.
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
        let there = text.get(start..).unwrap_or_default();
        if word.iter().zip(there).all(|(letter, byte)| *letter == byte | case) {
            return length;
        }
    }
    0
}

/// Whether the text is a word of the list.
pub(crate) fn has(list: &[u8], text: &[u8], case: u8) -> bool {
    find(list, text, Place::Whole, case) > 0
}
