//! Folded text: the text that the rules read in place of text with colours of a terminal, invisible characters or
//! look-alike signs, so that `pass<U+200B>word：…` is `password:…` for every rule. Only secrets are replaced in the
//! original; everything else in it stays.

use crate::input::Input;
use crate::set::{BACKSLASH, Set};
use crate::words::{self, EXACT, Place};
use crate::{SECRET, scanner, table};

/// The first bytes of what is folded: ESC, `\`, `^`, and those of the characters in [`replacement`].
static FIRST: Set = Set::of(b"\x1b\\^\xc2\xcb\xcd\xd6\xd7\xe1\xe2\xe3\xea\xef");

/// A place from which on the text differs from the original by the same number of bytes.
#[derive(Debug, Clone, Copy)]
struct Mark {
    folded: usize,
    original: usize,
    /// The end of the original of a replaced character; 0 for text that stays.
    end: usize,
}

/// A folded text and its places in the original.
struct Folded {
    text: String,
    places: Vec<Mark>,
}

/// Scans the folded text and replaces what is found in the original. Returns `None` if nothing is folded or found.
pub(crate) fn pass(text: &str) -> Option<String> {
    let folded = fold(text)?;
    let mut out = String::new();
    let mut written = 0;
    let mut replace = |start, end, pieces: [&str; 3]| {
        let (start, end) = (folded.start(start), folded.end(end));
        out.push_str(text.get(written..start).unwrap_or_default());
        pieces.iter().for_each(|piece| out.push_str(piece));
        written = end;
    };
    let mut has_columns = false;
    let found = scanner::pass_with(&folded.text, &mut replace, &mut has_columns);
    let cells = if found.is_none() && has_columns { table::secrets(&folded.text) } else { Vec::new() };
    cells.iter().for_each(|cell| replace(cell.start, cell.end, ["", SECRET, ""]));
    (found.is_some() || !cells.is_empty()).then(|| {
        out.push_str(text.get(written..).unwrap_or_default());
        out
    })
}

/// The folded text; none if nothing in it is folded.
pub(crate) fn text(text: &str) -> Option<String> {
    fold(text).map(|folded| folded.text)
}

impl Folded {
    fn place(&self, index: usize) -> Mark {
        let next = self.places.partition_point(|place| place.folded <= index);
        let start = Mark { folded: 0, original: 0, end: 0 };
        next.checked_sub(1).and_then(|last| self.places.get(last)).copied().unwrap_or(start)
    }

    /// The original's index of a byte.
    fn start(&self, index: usize) -> usize {
        let place = self.place(index);
        if place.end > 0 { place.original } else { place.original + index - place.folded }
    }

    /// The original's end of the bytes before an index, without what is left out after them.
    fn end(&self, index: usize) -> usize {
        let Some(last) = index.checked_sub(1) else { return 0 };
        let place = self.place(last);
        if place.end > 0 { place.end } else { place.original + index - place.folded }
    }
}

fn fold(text: &str) -> Option<Folded> {
    let bytes = text.as_bytes();
    // a shortcut without a branch for each byte, because most text has nothing to fold
    let is_foldable = |part: &[u8]| {
        let count = |sum, byte: &u8| sum | u8::from(*byte >= 0x80 || matches!(*byte, 0x1b | b'\\' | b'^'));
        part.iter().fold(0, count) > 0
    };
    if !bytes.chunks(256).any(is_foldable) {
        return None;
    }
    let input = Input { text, floor: 0 };
    let mut folded = Folded { text: String::new(), places: Vec::new() };
    let (mut copied, mut at) = (0, 0);
    while let Some(length) = bytes.get(at..)?.iter().position(|byte| FIRST.has(*byte)) {
        at += length;
        let Some((end, replacement)) = sequence(&input, at) else {
            at += 1;
            continue;
        };
        folded.text.push_str(text.get(copied..at)?);
        if !replacement.is_empty() {
            folded.places.push(Mark { folded: folded.text.len(), original: at, end });
            folded.text.push_str(replacement.as_str());
        }
        folded.places.push(Mark { folded: folded.text.len(), original: end, end: 0 });
        (copied, at) = (end, end);
    }
    folded.text.push_str(text.get(copied..)?);
    (copied > 0).then_some(folded)
}

/// The text in place of what is folded: at most four bytes.
#[derive(Default)]
struct Replacement {
    bytes: [u8; 4],
    length: usize,
}

impl Replacement {
    fn of(letter: char) -> Self {
        let mut bytes = [0; 4];
        let length = letter.encode_utf8(&mut bytes).len();
        Self { bytes, length }
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// The end of a sequence or character that is folded, and the text in its place.
fn sequence(input: &Input<'_>, at: usize) -> Option<(usize, Replacement)> {
    match input.at(at) {
        0x1b => colour(input, at + 1),
        b'^' => (input.at(at + 1) == b'[').then(|| colour(input, at + 2)).flatten(),
        b'\\' => escape(input, at),
        _ => {
            let letter = input.text.get(at..)?.chars().next()?;
            Some((at + letter.len_utf8(), replacement(letter)?))
        }
    }
}

/// A colour or another control sequence of a terminal: `[`, parameters, and a letter.
fn colour(input: &Input<'_>, bracket: usize) -> Option<(usize, Replacement)> {
    static PARAMETERS: Set = Set::of(b"0123456789;:?");
    let end = bracket + 1 + input.run(bracket + 1, 24, &PARAMETERS);
    let is_colour = input.at(bracket) == b'[' && input.at(end).is_ascii_alphabetic();
    is_colour.then(|| (end + 1, Replacement::default()))
}

/// The same escaped within a string, such as `\u001b[31m`, and characters outside of ASCII, such as `\uff1a`, with the
/// backslashes of the JSON strings around it.
fn escape(input: &Input<'_>, at: usize) -> Option<(usize, Replacement)> {
    static ESCAPES: &[u8] = &words::list(b" u001b u001B x1b x1B 033 e");
    let mark = at + input.run(at, 15, &BACKSLASH);
    if !matches!(input.at(mark), b'u' | b'x' | b'0' | b'e') {
        return None;
    }
    let length = words::find(ESCAPES, input.part(mark, (mark + 5).min(input.text.len())), Place::Start, EXACT);
    if length > 0 {
        return colour(input, mark + length);
    }
    let digits = input.text.get(mark + 1..mark + 5).filter(|_| input.at(mark) == b'u')?;
    let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?).filter(|letter| !letter.is_ascii())?;
    Some((mark + 5, replacement(letter).unwrap_or_else(|| Replacement::of(letter))))
}

/// The text in place of a character; none if it stays.
fn replacement(letter: char) -> Option<Replacement> {
    let other = match letter {
        // invisible characters and marks of direction
        '\u{ad}'
        | '\u{34f}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' => return Some(Replacement::default()),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        // look-alikes of `:`
        '\u{2d0}' | '\u{2d1}' | '\u{2f8}' | '\u{589}' | '\u{5c3}' | '\u{2236}' | '\u{a789}' | '\u{fe13}'
        | '\u{fe55}' => ':',
        '\u{fe66}' | '\u{2e40}' | '\u{ff1d}' => '=',
        '→' | '⇒' | '➜' | '➔' | '⟶' | '⟹' | '⇨' | '➡' => {
            return Some(Replacement { bytes: *b"->  ", length: 2 });
        }
        '│' | '┃' | '║' | '¦' | '❘' | '￨' => '|',
        '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' | '〝' | '〞' => '"',
        '‘' | '’' | '‚' | '‛' | '‹' | '›' => '\'',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' => '-',
        // ASCII in full width
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0)?,
        _ => return None,
    };
    Some(Replacement::of(other))
}
