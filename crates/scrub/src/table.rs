//! Tables with a column of secrets: CSV and TSV, tables of `|` and of blanks. The header names the columns, and the rows
//! have no names, so a pass of its own reads them. The scanner asks for it when it sees a name of a secret.

use std::ops::Range;

use crate::assignment::PROSE_AFTER;
use crate::input::Input;
use crate::key::{is_plain, names_secret};
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, Set};
use crate::sql;
use crate::value::{after_line, is_placeholder, line_end, looks_like_password};
use crate::words::{self, ANY_CASE, Place};
use crate::{SECRET, below};

/// The end of a line that is read for a header; a longer line begins with other text.
const MAX_HEADER_BYTES: usize = 512;
const MAX_COLUMNS: usize = 64;

/// Names of which every value is secret; others, such as `token`, have other meanings too.
static STRONG: &[u8] = &words::list(b" password passwd passwort kennwort passphrase passcode pwd secret");
/// Words in columns of tables that describe secrets.
static DESCRIPTIONS: &[u8] = &words::list(
    b" text varchar char integer bigint bytea uuid date field column value values default description type name always \
    never sometimes manual automatic plain hashed encrypted redacted username user changeme n/a",
);

static NAME: Set = ALPHANUMERIC.with(b"_-. #").with_others();
static QUOTES_AND_BRACKETS: Set = Set::of(b"\"'`)]\\");
static TRIMMED: Set = BLANKS.with(b"\"'`\\");

/// What stands between two cells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Byte(u8),
    /// A tab, also escaped.
    Tab,
    /// Two blanks or more.
    Blanks,
    /// Blanks, after names in capitals.
    Blank,
}

const SEPARATORS: [Separator; 6] = [
    Separator::Byte(b'|'),
    Separator::Tab,
    Separator::Byte(b';'),
    Separator::Byte(b','),
    Separator::Blanks,
    Separator::Blank,
];

/// Checks the first letter of a word such as `password` or the `cr` of `secret`: true if it ends a cell of a header, or a
/// list of columns.
pub(crate) fn names_column(input: &Input<'_>, at: usize) -> bool {
    static WORDS: &[u8] = &words::list(b" password passwd passphrase passcode passwort pwd pin key ken pass cret pw");
    let is_likely = match (input.at(at + 1) | 0x20, input.at(at + 2) | 0x20) {
        (b'a', b's') | (b'r', b'e') => true,
        (b'w', b'd') | (b'i', b'n') | (b'e', b'y' | b'n') => !ALPHANUMERIC.has(input.at(at + 3)),
        _ => false,
    };
    if !is_likely {
        return false;
    }
    let length = words::find(WORDS, input.part(at, (at + 12).min(input.text.len())), Place::Start, ANY_CASE);
    let end = at + length;
    let close = end + input.run(end, 20, &QUOTES_AND_BRACKETS);
    let next = close + input.run(close, 4, &BLANKS);
    let is_end = match input.at(next) {
        b'n' | b'r' | b't' if input.at(next - 1) == b'\\' => true,
        b',' | b';' | b'|' | b'\n' | b'\r' => true,
        b'\t' | b'\\' | 0 => true,
        b'v' | b'V' | b'f' | b'F' => close > end,
        _ => {
            input.at(end) == b'\t'
                || input.has(end, b"  ")
                || input.at(end) == b' ' && input.at(end - 1).is_ascii_uppercase()
        }
    };
    length > 0 && is_end
}

/// Replaces the secrets of tables. Returns `None` if there are none.
pub(crate) fn pass(text: &str) -> Option<String> {
    let secrets = secrets(text);
    let mut out = String::new();
    let mut written = 0;
    for secret in &secrets {
        out.push_str(text.get(written..secret.start).unwrap_or_default());
        out.push_str(SECRET);
        written = secret.end;
    }
    out.push_str(text.get(written..).unwrap_or_default());
    (!secrets.is_empty()).then_some(out)
}

/// The secrets in the cells of tables and in the tuples of SQL, in order.
pub(crate) fn secrets(text: &str) -> Vec<Range<usize>> {
    let input = &Input { text, floor: 0 };
    let mut found = Vec::new();
    let mut line = 0;
    while line < text.len() {
        let end = line_end(input, line, 0);
        let next = next_line(input, end);
        line = SEPARATORS
            .iter()
            .find_map(|separator| Header::read(input, line, end, *separator)?.rows(input, next, &mut found))
            .unwrap_or(next)
            .max(end + 1);
    }
    sql::tuples(input, &mut found);
    found.sort_by_key(|range| range.start);
    found.dedup_by(|next, range| next.start < range.end);
    found
}

fn next_line(input: &Input<'_>, end: usize) -> usize {
    let next = after_line(input, end);
    // the second half of a carriage return and line feed
    let is_return = matches!(input.before(next), b'\r') && input.at(next) == b'\n';
    next + usize::from(is_return)
}

/// The columns of a table, and whether each is secret.
struct Header {
    separator: Separator,
    names: Vec<Range<usize>>,
}

impl Header {
    /// Reads the end of a line from right to left, because other text may stand before the header.
    fn read(input: &Input<'_>, line: usize, end: usize, separator: Separator) -> Option<Self> {
        let start = line.max(end.saturating_sub(MAX_HEADER_BYTES));
        let start = input.text.floor_char_boundary(start);
        let cells = separator.cells(input, start, end, MAX_HEADER_BYTES);
        let mut names = Vec::new();
        for cell in cells.into_iter().rev().take(MAX_COLUMNS) {
            let name = trimmed(input, &cell);
            if separator.is_name(input.part(name.start, name.end)) {
                names.push(name);
                continue;
            }
            let bytes = input.part(name.start, name.end);
            let tail = bytes.iter().rposition(|byte| b" \"':]>".contains(byte)).map_or(0, |index| index + 1);
            if tail < bytes.len() || separator == Separator::Byte(b'|') {
                names.push(name.start + tail..name.end);
            }
            break;
        }
        names.reverse();
        let is_secret = names.iter().any(|name| names_secret(input.part(name.start, name.end)));
        let is_ruled = || names.len() == 1 && is_rule(input, next_line(input, end));
        (is_secret && (names.len() > 1 || is_ruled())).then_some(Self { separator, names })
    }

    /// Adds the secrets of the rows. Returns the end of the table, or none if no row belongs to it.
    fn rows(&self, input: &Input<'_>, start: usize, found: &mut Vec<Range<usize>>) -> Option<usize> {
        let (mut line, mut table_end) = (start, None);
        while line < input.text.len() {
            let end = line_end(input, line, 0);
            if !is_rule(input, line) {
                let cells = self.separator.cells(input, line, end, self.names.len());
                // the last cell of a text within quotes ends with it
                let is_row = cells.len() == self.names.len() && line < end;
                if !is_row {
                    break;
                }
                for (name, cell) in self.names.iter().zip(&cells) {
                    let cell = trimmed(input, cell);
                    let name = input.part(name.start, name.end);
                    if names_secret(name) && self.is_secret(name, input.part(cell.start, cell.end)) {
                        found.push(cell);
                    }
                }
                table_end = Some(end);
            }
            line = next_line(input, end).max(end + 1);
        }
        table_end
    }

    fn is_secret(&self, name: &[u8], value: &[u8]) -> bool {
        if is_placeholder(value) || value.contains(&b' ') || is_plain(name, value, true) {
            return false;
        }
        let is_number = value.len() >= 4 && value.iter().all(u8::is_ascii_digit);
        let is_strong = (0..name.len())
            .any(|at| words::find(STRONG, name.get(at..).unwrap_or_default(), Place::Start, ANY_CASE) > 0);
        if !is_strong {
            return is_number || below::is_word(value);
        }
        // tables of `|` describe programs, too
        let is_word =
            self.separator != Separator::Byte(b'|') && value.len() >= 4 && value.iter().all(u8::is_ascii_graphic);
        let is_described = words::has(PROSE_AFTER, value, ANY_CASE) || words::has(DESCRIPTIONS, value, ANY_CASE);
        is_number || looks_like_password(value) || is_word && !is_described
    }
}

impl Separator {
    /// The cells of a part of the text. Separators within quotes belong to a cell; after `limit` cells, the last one
    /// ends where the quote around the text ends.
    fn cells(self, input: &Input<'_>, start: usize, end: usize, limit: usize) -> Vec<Range<usize>> {
        let mut cells = Vec::new();
        let is_wide = matches!(self, Self::Blanks | Self::Blank);
        let mut cell = if is_wide { start + input.run(start, end - start, &BLANKS) } else { start };
        let mut at = cell;
        while at < end && cells.len() <= limit {
            let quote = at + input.run(at, 3, &BACKSLASH);
            if at == cell && input.at(quote) == b'"' && !is_wide {
                at = closing_quote(input, at, quote, end).unwrap_or(quote + 1);
                continue;
            }
            let length = self.length(input, at);
            // the end of the text around the table
            let mark = input.at(quote);
            if at > cell && limit < MAX_HEADER_BYTES && (mark == b'"' || mark == b'\'' && cells.len() + 1 == limit) {
                break;
            }
            if length == 0 {
                at += 1;
                continue;
            }
            cells.push(cell..at);
            at += length;
            cell = at;
        }
        if !is_wide || cell < at {
            cells.push(cell..at.min(end));
        }
        cells
    }

    fn length(self, input: &Input<'_>, at: usize) -> usize {
        match self {
            Self::Byte(byte) => usize::from(input.at(at) == byte),
            Self::Tab if input.at(at) == b'\\' => {
                let mark = input.run(at, 7, &BACKSLASH);
                if input.at(at + mark) == b't' { mark + 1 } else { 0 }
            }
            Self::Tab => usize::from(input.at(at) == b'\t'),
            Self::Blanks => Some(input.run(at, 256, &BLANKS)).filter(|length| *length > 1).unwrap_or(0),
            Self::Blank => input.run(at, 256, &BLANKS),
        }
    }

    /// True if a text may name a column: at most three words, and no number.
    fn is_name(self, text: &[u8]) -> bool {
        let is_empty = text.is_empty() && self == Self::Byte(b'|');
        let is_capital =
            self != Self::Blank || text.iter().all(|byte| byte.is_ascii_uppercase() || b"_-".contains(byte));
        let is_name = text.len() <= 48
            && NAME.end(text, 0) == text.len()
            && text.iter().filter(|byte| **byte == b' ').count() < 3
            && text.first().is_some_and(|byte| !byte.is_ascii_digit() && *byte != b'-');
        is_empty || is_name && is_capital
    }
}

/// The index after the quote that closes a cell, if a separator or the end of the line follows it.
fn closing_quote(input: &Input<'_>, start: usize, quote: usize, end: usize) -> Option<usize> {
    let close = input.part(start, quote + 1);
    let at = input.find(quote + 1, end.min(quote + 1024), close)?;
    Some(at + close.len())
}

/// A cell without blanks and quotes around it.
fn trimmed(input: &Input<'_>, cell: &Range<usize>) -> Range<usize> {
    let start = cell.start + input.run(cell.start, cell.len(), &TRIMMED);
    let end = input.run_start(cell.end, cell.len(), &TRIMMED);
    start.min(end)..end.max(start.min(end))
}

/// True for a line of dashes, as between a header and its rows.
fn is_rule(input: &Input<'_>, start: usize) -> bool {
    static RULE: Set = Set::of(b"-=+|: \t");
    let length = input.run(start, MAX_HEADER_BYTES, &RULE);
    let is_end = after_line(input, start + length) > start + length || start + length >= input.text.len();
    is_end && input.part(start, start + length).windows(3).any(|part| part == b"---" || part == b"===")
}
