//! Pairs of a name and a value: `{"name":"password","value":"…"}`, `<property name="password" value="…">`, parts of
//! forms; and elements of XML.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::name_before::{Key, key_before};
use crate::set::{ALPHANUMERIC, BLANKS, QUOTES, Set, WHITESPACE};
use crate::value::{after_line, bare_end, line_end, looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE};

static NAME_KEYS: &[u8] = &words::list(b" name key field header param parameter variable k");
static VALUE_KEYS: &[u8] = &words::list(b" value val v content data string default");

static SEPARATORS: Set = WHITESPACE.with(b",;&-");
static NAMES: Set = ALPHANUMERIC.with(b"_-.:");
static SIGNS: Set = Set::of(b":=");

/// True for the key of a name, as in `"name":"password"`.
pub(crate) fn is_name_key(key: &[u8]) -> bool {
    is_likely(key, b"nkfhpv") && words::has(NAME_KEYS, key, ANY_CASE)
}

/// True for the key of a value, as in `"value":"…"`.
pub(crate) fn is_value_key(key: &[u8]) -> bool {
    is_likely(key, b"vcsd") && words::has(VALUE_KEYS, key, ANY_CASE)
}

/// A shortcut for most keys, before a list is read.
fn is_likely(key: &[u8], letters: &[u8]) -> bool {
    let first = key.first().copied().unwrap_or(0) | 0x20;
    key.len() < 10 && letters.contains(&first) && (key.len() == 1 || matches!(key, [.., b'a'..=b'z' | b'A'..=b'Z']))
}

/// A name or value, with the text after its sign.
struct Member {
    is_name: bool,
    is_value: bool,
    start: usize,
    end: usize,
    /// The byte after the closing quote.
    after: usize,
}

/// Checks the value of a key such as `name` or `value`.
pub(crate) fn value(input: &Input<'_>, key: &Key<'_>, start: usize) -> Option<Found> {
    /// Enough for a pair. The limit keeps the work linear.
    const MAX_BYTES: usize = 1024;
    let name = key.text.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    if !is_name_key(name) && !is_value_key(name) {
        return None;
    }
    let end = input.text.floor_char_boundary(start + MAX_BYTES);
    let input = &Input { text: input.text.get(..end)?, floor: input.floor };
    let first = member(input, name, start);
    let is_secret = |member: &Member| names_secret(input.part(member.start, member.end));
    if first.is_name && !is_secret(&first) {
        return None;
    }
    if first.is_name && input.has_before(key.start, b"form-data; ") {
        return form_part(input, first.after);
    }
    let mut after = first.after;
    for _ in 0..3 {
        if first.is_name && input.at(after) == b'>' {
            return text_of_element(input, after + 1);
        }
        let next = next_member(input, after)?;
        if first.is_name && next.is_value {
            return replace_unless_placeholder(input, next.start, next.end, SECRET);
        }
        if first.is_value && next.is_name {
            return is_secret(&next)
                .then(|| replace_unless_placeholder(input, first.start, first.end, SECRET))
                .flatten();
        }
        after = next.after;
    }
    None
}

fn member(input: &Input<'_>, key: &[u8], start: usize) -> Member {
    let is_list = input.at(start) == b'[';
    let start = start + usize::from(is_list);
    let (start, end, after) = match quote_at(input, start) {
        Some(quote) => {
            let end = quoted_end(input, quote);
            (quote.body, end, end + quote.body - quote.start + usize::from(is_list))
        }
        None => {
            let end = bare_end(input, start, false);
            (start, end, end)
        }
    };
    Member { is_name: is_name_key(key), is_value: is_value_key(key), start, end, after }
}

fn next_member(input: &Input<'_>, after: usize) -> Option<Member> {
    let mut start = after;
    for _ in 0..4 {
        start = after_line(input, start + input.run(start, 64, &SEPARATORS));
    }
    let name = quote_at(input, start).map_or(start, |quote| quote.body);
    let end = name + input.run(name, 24, &ALPHANUMERIC);
    let close = quote_at(input, end).map_or(end, |quote| quote.body);
    let sign = close + input.run(close, 4, &BLANKS);
    key_before(input, sign).filter(|_| SIGNS.has(input.at(sign)))?;
    Some(member(input, input.part(name, end), input.run_end(sign + 1, &BLANKS)))
}

/// The value of a form's part, after its headers and an empty line.
fn form_part(input: &Input<'_>, after: usize) -> Option<Found> {
    let mut at = after;
    // further headers come before the empty line
    for _ in 0..4 {
        let line = line_end(input, at, b'"');
        let mut start = after_line(input, line);
        // the second half of a carriage return and line feed
        let is_return = matches!(input.before(start), b'\r' | b'r');
        start = if is_return { after_line(input, start) } else { start };
        let next = after_line(input, start);
        if next > start {
            let start = if is_return { after_line(input, next) } else { next };
            return replace_unless_placeholder(input, start, line_end(input, start, b'"'), SECRET);
        }
        at = start;
    }
    None
}

/// The text after an element's `>`, also within one more element: `<value>…`.
fn text_of_element(input: &Input<'_>, start: usize) -> Option<Found> {
    let mut start = input.run_end(start, &WHITESPACE);
    if input.has(start, b"<![CDATA[") {
        let end = input.find(start, start + 512, b"]]>")?;
        return replace_unless_placeholder(input, start + 9, end, SECRET);
    }
    if input.at(start) == b'<' && ALPHANUMERIC.has(input.at(start + 1)) {
        let end = start + 1 + input.run(start + 1, 24, &NAMES);
        if input.at(end) != b'>' || !is_value_key(input.part(start + 1, end)) {
            return None;
        }
        start = end + 1;
    }
    let mut end = start;
    while end < input.text.len() && input.at(end) != b'<' && !input.has(end, b"&lt;") {
        end += 1;
    }
    // only text before a closing tag is an element's text: `<password> <user>` describes arguments
    let is_closed = input.has(end, b"</") || input.has(end, b"&lt;/") || input.has(end, b"<\\/");
    is_closed.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// The text of the next cell in a row, as pages about errors show settings: `<td>DB_PASSWORD</td><td><pre>'…'</pre></td>`.
fn cell(input: &Input<'_>, name_end: usize) -> Option<Found> {
    const MAX_TAG: usize = 120;
    static MARKS: Set = QUOTES.with(b" \t\n\r");
    static TEXT: Set = Set::of(b"<&\"'`").others();
    let mut start = input.find(name_end, name_end + 12, b">")? + 1;
    let mut is_value = false;
    for _ in 0..4 {
        start += input.run(start, 64, &WHITESPACE);
        if input.at(start) != b'<' {
            break;
        }
        let end = start + 1 + input.run(start + 1, 12, &NAMES);
        is_value |= words::has(&words::list(b" td dd"), input.part(start + 1, end), ANY_CASE);
        start = input.find(end, end + MAX_TAG, b">")? + 1;
    }
    start += input.run(start, 8, &MARKS);
    for mark in [&b"&#x27;"[..], b"&#39;", b"&quot;"] {
        start += if input.has(start, mark) { mark.len() } else { 0 };
    }
    let end = start + input.run(start, 256, &TEXT);
    let is_secret = is_value && looks_like_password(input.part(start, end));
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the `<` of `<password>…</password>`, or the `&` of `&lt;password&gt;…`.
pub(crate) fn element(input: &Input<'_>, at: usize) -> Option<Found> {
    const MAX_BYTES: usize = 1024;
    let is_escaped = input.at(at) == b'&';
    if is_escaped && !input.has(at, b"&lt;") {
        return None;
    }
    let start = at + if is_escaped { 4 } else { 1 };
    let name_end = start + input.run(start, 64, &NAMES);
    let name = input.part(start, name_end);
    let name = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    if name_end == start {
        return None;
    }
    let end = input.text.floor_char_boundary(at + MAX_BYTES);
    let input = &Input { text: input.text.get(..end)?, floor: input.floor };
    let close: &[u8] = if is_escaped { b"&gt;" } else { b">" };
    let text = input.find(name_end, name_end + 200, close)? + close.len();
    if names_secret(name) {
        let is_tag = name_end + close.len() == text || matches!(input.at(name_end), b' ' | b'\n');
        return is_tag.then(|| text_of_element(input, text)).flatten();
    }
    // `<key>password</key><string>…</string>`
    let key_end = text + input.run(text, 64, &NAMES);
    let is_cell = cfg!(feature = "full") && words::has(&words::list(b" td th dt"), name, ANY_CASE);
    if is_cell && input.has(key_end, b"</") && names_secret(input.part(text, key_end)) {
        return cell(input, key_end);
    }
    let is_key = is_name_key(name) && names_secret(input.part(text, key_end)) && input.has(key_end, b"</");
    if !is_key || QUOTES.has(input.at(text)) {
        return None;
    }
    let after = input.find(key_end, key_end + 40, b">")? + 1;
    let next = input.run_end(after, &WHITESPACE);
    (input.at(next) == b'<').then(|| text_of_element(input, next)).flatten()
}
