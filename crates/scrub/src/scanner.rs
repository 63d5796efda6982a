//! The walk over the text: finds trigger bytes, asks the rule each belongs to, and writes what was found.

use crate::found::Found;
use crate::seen::Seen;
use crate::set::DIGITS;
use crate::{assignment, card, email, flag, private_key, token, url};

/// The bytes at which some rule has to be asked.
static TRIGGERS: [bool; 256] = triggers(b"@%:=-_AJBb0123456789");

const fn triggers(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
}

/// One pass over the text; none when there is nothing to change.
pub(crate) fn pass(text: &str) -> Option<String> {
    let part = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    let mut out = String::new();
    let mut seen = Seen { text, floor: 0 };
    let mut memo = token::Memo::default();
    let mut index = 0;
    while let Some(trigger) = next_trigger(text.as_bytes(), index) {
        index = trigger + 1;
        let found = match seen.at(trigger) {
            b':' | b'=' => {
                // lines and columns are most of a stack's digits: they are read here, and no card is as short
                let digits = seen.run(trigger + 1, 8, &DIGITS);
                index += if matches!(digits, 4 | 8) { 0 } else { digits };
                url::userinfo(&seen, trigger).or_else(|| assignment::value(&seen, trigger))
            }
            b'@' | b'%' => email::address(&seen, trigger),
            b'-' => private_key::block(&seen, trigger)
                .or_else(|| flag::value(&seen, trigger))
                .or_else(|| token::prefixed(&seen, trigger)),
            b'0'..=b'9' => {
                let digits = card::digits(&seen, trigger);
                index = digits.end;
                digits.found
            }
            b'J' => token::web_token(&seen, trigger, &mut memo),
            b'B' | b'b' => token::scheme(&seen, trigger).or_else(|| token::webhook(&seen, trigger)),
            _ => token::prefixed(&seen, trigger),
        };
        let Some(found) = found else { continue };
        let quote = part(found.quote.0, found.quote.1);
        let pieces = [quote, found.placeholder, quote];
        if is_written(&seen, &found, pieces) {
            continue;
        }
        out.push_str(part(seen.floor, found.start));
        pieces.iter().for_each(|piece| out.push_str(piece));
        seen.floor = found.end;
        index = index.max(found.end);
    }
    if seen.floor == 0 {
        return None;
    }
    out.push_str(part(seen.floor, text.len()));
    Some(out)
}

/// Whether the text already is what would be written.
fn is_written(seen: &Seen<'_>, found: &Found, pieces: [&str; 3]) -> bool {
    let mut at = found.start;
    let is_there = pieces.iter().all(|piece| {
        let start = at;
        at += piece.len();
        seen.has(start, piece.as_bytes())
    });
    is_there && at == found.end
}

fn next_trigger(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    Some(from + rest.iter().position(|byte| TRIGGERS[usize::from(*byte)])?)
}
