//! The scanner: finds trigger bytes, calls their rules and writes the text with placeholders.

use crate::found::Found;
use crate::full;
use crate::input::Input;
use crate::set::DIGITS;
use crate::{
    assignment, card, command, compared, email, encoded, flag, markup, pair, personal, php, piped, private_key,
    prompted, prose, protocol, table, tagged, token, url, vendor, wrapped,
};

/// The bytes at which a rule is called, each with the bytes that may follow it; none stands for all. Most letters are
/// ruled out by the byte after them.
const TRIGGERS: &[(&[u8], &[u8])] = &[
    (b"@:=~", b""),
    #[cfg(feature = "full")]
    (b"-", b">"),
    (b"._-/<J", b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
    if cfg!(feature = "full") { (b",%&(<", b" \"'`\\\n\tlbrSO234<") } else { (b",%&(", b" \"'`\\\n\tlbrSO234") },
    (b"A", b"ABCIKSTU"),
    if cfg!(feature = "full") { (b"Bb$", b"aeyAEY256") } else { (b"Bb", b"aeyAEY") },
    (b"Pp", b"awiAWIr"),
    (b"Kk", b"eE"),
    (b"K0123456789", b"abcdfABCDFx0123456789"),
    #[cfg(feature = "full")]
    (b"Cc", b"rR"),
    #[cfg(feature = "full")]
    (b"Ll", b"Oo"),
    #[cfg(feature = "full")]
    (b"Ii", b"Dd"),
    #[cfg(feature = "full")]
    (b"F", b"a"),
    #[cfg(feature = "full")]
    (b"m", b"m"),
];
/// One bit for each trigger.
#[cfg(feature = "full")]
type Bits = u16;
#[cfg(not(feature = "full"))]
type Bits = u8;
/// For each byte, the triggers that begin with it.
static FIRST: [Bits; 256] = triggers(true);
/// For each byte, the triggers that it may follow.
static SECOND: [Bits; 256] = triggers(false);

const fn triggers(is_first: bool) -> [Bits; 256] {
    let mut table = [0; 256];
    let mut trigger = 0;
    while trigger < TRIGGERS.len() {
        let (first, second) = TRIGGERS[trigger];
        let bytes = if is_first { first } else { second };
        let mut index = 0;
        while index < bytes.len() {
            table[bytes[index] as usize] |= 1 << trigger;
            index += 1;
        }
        index = 0;
        while !is_first && second.is_empty() && index < 256 {
            table[index] |= 1 << trigger;
            index += 1;
        }
        trigger += 1;
    }
    table
}

/// Scans the text once. Returns `None` if nothing changes.
pub(crate) fn pass(text: &str) -> Option<String> {
    pass_with(text, &mut |_, _, _| (), &mut false)
}

/// The same, with a call for each replaced part: its start, its end, and the pieces of its replacement. `has_columns`
/// becomes true if a name stands where a table has the name of a column.
pub(crate) fn pass_with(
    text: &str,
    replaced: &mut impl FnMut(usize, usize, [&str; 3]),
    has_columns: &mut bool,
) -> Option<String> {
    let part = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    let mut out = String::new();
    let mut input = Input { text, floor: 0 };
    let mut rejected = token::RejectedRun::default();
    let mut index = 0;
    while let Some(trigger) = next_trigger(text.as_bytes(), index) {
        index = trigger + 1;
        let byte = input.at(trigger);
        let may_end = || vendor::may_end(&input, trigger);
        let found = match byte {
            b':' | b'=' => {
                // Most digits of a stack are lines and columns. Skipping them saves a call of the card rule: runs of
                // up to seven digits begin no card, unless they have four.
                let digits = input.run(trigger + 1, 8, &DIGITS);
                let is_number = matches!(digits, 4 | 8) || matches!(input.at(index + digits), b'-' | b'x');
                index += if is_number { 0 } else { digits };
                url::userinfo(&input, trigger)
                    .or_else(|| full(|| vendor::bot(&input, trigger).or_else(|| vendor::account(&input, trigger))))
                    .or_else(|| full(|| encoded::sign(&input, trigger)))
                    .or_else(|| full(|| (byte == b'=').then(|| compared::sign(&input, trigger)).flatten()))
                    .or_else(|| full(|| piped::mask(&input, trigger)))
                    .or_else(|| full(|| rare_sign(&input, trigger)))
                    .or_else(|| assignment::value(&input, trigger))
            }
            b'@' => email::address(&input, trigger).or_else(|| {
                full(|| prose::oracle_login(&input, trigger).or_else(|| protocol::address(&input, trigger)))
            }),
            b'%' => email::address(&input, trigger).or_else(|| full(|| encoded::percent(&input, trigger))),
            b'-' => private_key::block(&input, trigger)
                .or_else(|| flag::value(&input, trigger))
                .or_else(|| may_end().then(|| vendor::prefixed(&input, trigger)).flatten())
                .or_else(|| {
                    full(|| {
                        piped::option(&input, trigger)
                            .or_else(|| command::dash(&input, trigger))
                            .or_else(|| markup::changed(&input, trigger))
                    })
                }),
            b'0'..=b'9' => full(|| {
                personal::digits(&input, trigger)
                    .or_else(|| protocol::challenge(&input, trigger))
                    .or_else(|| prompted::code(&input, trigger))
            })
            .or_else(|| {
                let digits = card::digits(&input, trigger);
                index = digits.end;
                digits.found
            }),
            b'J' => token::web_token(&input, trigger, &mut rejected)
                .or_else(|| full(|| private_key::encoded(&input, trigger))),
            b'B' | b'b' => token::scheme(&input, trigger).or_else(|| full(|| prose::identified_by(&input, trigger))),
            b'A' => vendor::lettered(&input, trigger).or_else(|| full(|| prose::command(&input, trigger))),
            b'K' | b'k' | b'P' | b'p' => {
                *has_columns |= cfg!(feature = "full") && !*has_columns && table::names_column(&input, trigger);
                vendor::lettered(&input, trigger).or_else(|| {
                    full(|| {
                        prose::sentence(&input, trigger)
                            .or_else(|| compared::duplicate(&input, trigger))
                            .or_else(|| protocol::pass(&input, trigger))
                            .or_else(|| command::changed_password(&input, trigger))
                            .or_else(|| prompted::expected(&input, trigger))
                    })
                })
            }
            b'L' | b'l' => full(|| protocol::login(&input, trigger)),
            b'C' | b'c' => {
                *has_columns |= cfg!(feature = "full") && !*has_columns && table::names_column(&input, trigger);
                full(|| prose::sentence(&input, trigger))
            }
            b'$' => full(|| piped::hash(&input, trigger)),
            b'.' => full(|| vendor::dotted(&input, trigger)),
            b'~' => full(|| vendor::client_secret(&input, trigger)),
            b'/' => full(|| url::path(&input, trigger).or_else(|| command::slash(&input, trigger)))
                .or_else(|| may_end().then(|| vendor::prefixed(&input, trigger)).flatten()),
            b'(' => full(|| wrapped::only_argument(&input, trigger).or_else(|| compared::expected(&input, trigger))),
            b',' => full(|| {
                wrapped::second_argument(&input, trigger)
                    .or_else(|| compared::argument(&input, trigger))
                    .or_else(|| markup::listed(&input, trigger))
                    .or_else(|| tagged::tuple(&input, trigger))
            }),
            b'F' => full(|| crate::sql::failing_row(&input, trigger)),
            b'm' => full(|| protocol::community(&input, trigger)),
            #[cfg(feature = "full")]
            b'I' | b'i' => crate::sql::identified(&input, trigger),
            b'<' | b'&' => full(|| pair::element(&input, trigger).or_else(|| piped::here_string(&input, trigger))),
            b'_' => full(|| command::underscore(&input, trigger))
                .or_else(|| may_end().then(|| vendor::prefixed(&input, trigger)).flatten()),
            _ if may_end() => vendor::prefixed(&input, trigger),
            _ => None,
        };
        let Some(found) = found else { continue };
        let quote = part(found.quote.0, found.quote.1);
        let pieces = [quote, found.placeholder, quote];
        if is_written(&input, &found, pieces) {
            continue;
        }
        out.push_str(part(input.floor, found.start));
        pieces.iter().for_each(|piece| out.push_str(piece));
        replaced(found.start, found.end, pieces);
        input.floor = found.end;
        index = index.max(found.end);
    }
    if input.floor == 0 {
        return None;
    }
    out.push_str(part(input.floor, text.len()));
    Some(out)
}

/// The rules for a `:` or `=` that the bytes beside it rule out for most signs. Most colons of a stack stand before a
/// line or a column, so the rules are chosen by one byte.
fn rare_sign(input: &Input<'_>, at: usize) -> Option<Found> {
    let (before, after) = (input.before(at), input.at(at + 1));
    match (input.at(at), after) {
        (b'=', b'>') => php::member(input, at),
        (b'=', _) => markup::attribute(input, at).or_else(|| markup::block(input, at)),
        (_, b'0'..=b'9' | b'*') => protocol::password_file(input, at),
        (_, b'/') => None,
        (_, b' ') if matches!(input.at(at + 2), b'P' | b'E' | b'X' | b'N') => protocol::shared_key(input, at),
        (_, b'"' | b'\'' | b'\\' | b' ') if before == b'"' || before == b'\'' => markup::web_key(input, at),
        _ if before.is_ascii_digit() => php::serialized(input, at),
        _ => None,
    }
    .or_else(|| match (before | 0x20, after) {
        (b'd' | b'e' | b't' | b'n' | b'p', b' ' | b'"' | b'\'' | b'*' | b'\\' | b'$') => prompted::sent(input, at),
        _ => None,
    })
    .or_else(|| (after == b' ').then(|| prompted::answer(input, at)).flatten())
    .or_else(|| match before | 0x20 {
        b'p' => markup::network(input, at).or_else(|| command::colon(input, at)),
        b'r' => command::colon(input, at),
        _ => None,
    })
}

/// True if the text already equals its replacement.
fn is_written(input: &Input<'_>, found: &Found, pieces: [&str; 3]) -> bool {
    let mut at = found.start;
    let is_there = pieces.iter().all(|piece| {
        let start = at;
        at += piece.len();
        input.has(start, piece.as_bytes())
    });
    is_there && at == found.end
}

/// The next byte at which a rule is called. A function of its own, because the loop is slower within [`pass`].
#[inline(never)]
fn next_trigger(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let is_trigger = |pair: &[u8]| matches!(pair, [a, b] if FIRST[usize::from(*a)] & SECOND[usize::from(*b)] != 0);
    if let Some(index) = rest.windows(2).position(is_trigger) {
        return Some(from + index);
    }
    let last = rest.last()?;
    (FIRST[usize::from(*last)] & SECOND[0] != 0).then(|| bytes.len() - 1)
}
