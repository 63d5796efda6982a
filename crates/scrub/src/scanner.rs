//! The walk over the text: finds trigger bytes, asks the rule each belongs to, and writes what was found.

use crate::boundary::run;
use crate::{assignment, card, email, flag, private_key, token, url};

/// What a rule wants to put in place of `start..end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) placeholder: &'static str,
    /// Written before and after the placeholder: the quotes that a bare JSON value needs to stay JSON.
    pub(crate) quote: &'a str,
}

impl Found<'_> {
    pub(crate) const fn new(start: usize, end: usize, placeholder: &'static str) -> Self {
        Self { start, end, placeholder, quote: "" }
    }
}

/// The text and how far it is already dealt with: rules that look back must not look behind `floor`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) text: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) floor: usize,
}

impl Seen<'_> {
    /// The byte at a place, or 0 outside of the text.
    pub(crate) fn at(&self, index: usize) -> u8 {
        self.bytes.get(index).copied().unwrap_or(0)
    }

    /// The byte before a place, or 0 at the floor.
    pub(crate) fn before(&self, index: usize) -> u8 {
        if index > self.floor { self.at(index - 1) } else { 0 }
    }

    /// Whether the text goes on with these bytes.
    pub(crate) fn has(&self, index: usize, expected: &[u8]) -> bool {
        self.bytes.get(index..).is_some_and(|rest| rest.starts_with(expected))
    }

    /// Whether these bytes stand right before a place.
    pub(crate) fn ends(&self, index: usize, expected: &[u8]) -> bool {
        index <= self.bytes.len() && self.bytes[self.floor.min(index)..index].ends_with(expected)
    }
}

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
    let mut out = String::new();
    let mut seen = Seen { text, bytes: text.as_bytes(), floor: 0 };
    let mut memo = token::Memo::default();
    let mut index = 0;
    while let Some(trigger) = next_trigger(seen.bytes, index) {
        let byte = seen.bytes[trigger];
        let found = match byte {
            b':' | b'=' => {
                // lines and columns are most of a stack's digits: they are read here, and no card is as short
                let digits = run(seen.bytes, trigger + 1, 8, |byte| byte.is_ascii_digit());
                index = trigger + 1 + if matches!(digits, 4 | 8) { 0 } else { digits };
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
        index = index.max(trigger + 1);
        let Some(found) = found else { continue };
        if is_written(&text[found.start..found.end], &found) {
            continue;
        }
        out.push_str(&text[seen.floor..found.start]);
        out.push_str(found.quote);
        out.push_str(found.placeholder);
        out.push_str(found.quote);
        seen.floor = found.end;
        index = index.max(found.end);
    }
    if seen.floor == 0 {
        return None;
    }
    out.push_str(&text[seen.floor..]);
    Some(out)
}

/// Whether the text already is what would be written.
fn is_written(text: &str, found: &Found<'_>) -> bool {
    let inner = text.strip_prefix(found.quote).and_then(|text| text.strip_suffix(found.quote));
    inner == Some(found.placeholder)
}

fn next_trigger(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    Some(from + rest.iter().position(|byte| TRIGGERS[usize::from(*byte)])?)
}
