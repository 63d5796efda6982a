//! Secrets in sentences and commands without a sign: `the password is …`, `PASSWORD '…'`, `AUTH …`, `scott/…@db`.

use crate::assignment::{PROSE_AFTER, follows_prose, replace_unless_placeholder};
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::protocol::is_random;
use crate::set::{ALPHANUMERIC, BLANKS, LETTERS, Set};
use crate::value::{after_line, bare_end, looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};
use crate::{SECRET, below};

static NAMES: Set = ALPHANUMERIC.with(b"_-");
static DOTS: Set = Set::of(b".");
/// Words between a name and its value.
static LINKS: &[u8] = &words::list(b" is was now set to changed lautet ist est es");

/// Checks the `p` of `password` and the `k` of `key` and `token`.
pub(crate) fn sentence(input: &Input<'_>, at: usize) -> Option<Found> {
    static WORDS: &[u8] = &words::list(b" password passwd passphrase passcode passwort pwd pin key ken pass cret");
    // a shortcut: most words with these letters have others after them
    let is_likely = match (input.at(at + 1) | 0x20, input.at(at + 2) | 0x20) {
        (b'a', b's') => input.at(at + 3) | 0x20 == b's',
        (b'w', b'd') | (b'i', b'n') | (b'e', b'y' | b'n') => {
            matches!(input.at(at + 3), b' ' | b'\t' | b'\n' | b'\r' | b'\\')
        }
        (b'r', b'e') => input.at(at + 3) | 0x20 == b't',
        _ => false,
    };
    if !is_likely {
        return None;
    }
    let length = words::find(WORDS, input.part(at, input.text.len()), Place::Start, ANY_CASE);
    let end = at + length;
    let line = after_line(input, end) > end;
    // `password......…`, as HikariCP prints its settings
    let dots = input.run(end, 64, &DOTS);
    if length > 0 && dots > 3 && names_secret(input.part(input.run_start(at, 48, &NAMES), end)) {
        let end = bare_end(input, end + dots, false);
        return replace_unless_placeholder(input, at + length + dots, end, SECRET);
    }
    if length == 0 || !matches!(input.at(end), b' ' | b'\t') && !line {
        return None;
    }
    let mut name = input.run_start(at, 48, &NAMES);
    if length == 3 && name == at && input.before(at) == b' ' && input.at(at) | 0x20 == b'k' {
        // `API key`
        name = input.run_start(at - 1, 16, &LETTERS);
    }
    // `pass` alone is a verb; `requirepass` is a setting
    let is_verb = length == 4 && name == at;
    if is_verb || !names_secret(input.part(name, end)) || follows_prose(input, name) {
        return None;
    }
    if line {
        return alone(input, end, input.at(at) | 0x20 == b'p');
    }
    let mut start = end + input.run(end, 4, &BLANKS);
    let mut links = 0;
    // `the password for ada is …`
    if input.has(start, b"for ") {
        start = input.run_end(start + 4, &NAMES) + 1;
    }
    while links < 4 {
        let word = start + input.run(start, 12, &LETTERS);
        if input.at(word) != b' ' || !words::has(LINKS, input.part(start, word), ANY_CASE) {
            break;
        }
        (start, links) = (word + 1, links + 1);
    }
    // Cisco's kind of encryption: `password 7 …`
    if links == 0 && input.at(start).is_ascii_digit() && input.at(start + 1) == b' ' {
        start += 2;
    }
    // `password -> …`, `password | …`, `password (…)`
    let signs = words::list(b",-> ,=> ,?? ,| ,(");
    start += words::find(&signs, input.part(start, (start + 3).min(input.text.len())), Place::Start, words::EXACT);
    let is_command = input.at(at).is_ascii_uppercase() && input.at(at + 1).is_ascii_uppercase();
    if let Some(quote) = quote_at(input, start) {
        let end = quoted_end(input, quote);
        let text = input.part(quote.body, end);
        let is_secret = !text.contains(&b' ') && (links > 0 || is_command || looks_like_password(text));
        return is_secret.then(|| replace_unless_placeholder(input, quote.body, end, SECRET)).flatten();
    }
    let end = word_end(input, start);
    let text = input.part(start, end);
    // a PIN is a number, and only a sentence gives it away
    let is_pin = links > 0 && (4..=8).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    // `secret` is a noun of other sentences, too
    let is_secret = is_password(text) && (input.at(at) | 0x20 != b'c' || links > 0 || is_random(text));
    (is_pin || is_secret).then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// A secret alone on the line after its name. `token` and `key` have other
/// meanings, so only a random text is a secret after them.
fn alone(input: &Input<'_>, end: usize, is_password: bool) -> Option<Found> {
    let start = below::next_text(input, end)?;
    let word = below::only_word(input, start)?;
    let text = input.part(start, word);
    let is_secret = below::is_word(text) && (is_password || is_random(text));
    is_secret.then(|| replace_unless_placeholder(input, start, word, SECRET)).flatten()
}

/// The end of a word, without the full stop of the sentence.
fn word_end(input: &Input<'_>, start: usize) -> usize {
    let mut end = bare_end(input, start, false);
    while end > start && matches!(input.at(end - 1), b'.' | b',' | b';' | b':' | b')' | b'?') {
        end -= 1;
    }
    end
}

/// True for a password in a sentence; names, calls, paths and assignments are none.
fn is_password(text: &[u8]) -> bool {
    let is_other = text.iter().any(|byte| matches!(byte, b'(' | b'=' | b':' | b'<' | b'/' | b'{' | b'[' | b','));
    let is_flag = text.starts_with(b"-") || text.starts_with(b"$") || text.starts_with(b"%");
    static FILES: &[u8] = &words::list(b" .txt .conf .pem .key .json .yml .yaml .env .crt .cfg .ini .log");
    let is_file = words::find(FILES, text, Place::End, words::EXACT) > 0;
    !is_other && !is_flag && !is_file && looks_like_password(text)
}

/// Checks the `A` of `AUTH …`, the command of Redis and of mail servers.
pub(crate) fn command(input: &Input<'_>, at: usize) -> Option<Found> {
    static BETWEEN: Set = Set::of(b" \t\"',\\");
    if !input.has(at, b"AUTH") || !input.begins_word(at) || matches!(input.before(at), b'_' | b'-' | b'/' | b'.') {
        return None;
    }
    let mut start = at + if input.has(at + 4, b"ENTICATE ") { 12 } else { 4 };
    let gap = input.run(start, 12, &BETWEEN);
    if gap == 0 || matches!(input.before(start + gap), b',') {
        return None;
    }
    for _ in 0..2 {
        start += input.run(start, 12, &BETWEEN);
        let end = word_end(input, start);
        let text = input.part(start, end);
        if text.is_empty() || words::has(PROSE_AFTER, text, ANY_CASE) {
            return None;
        }
        if is_password(text) || text.len() >= 8 && text.ends_with(b"=") {
            return replace_unless_placeholder(input, start, end, SECRET);
        }
        start = end;
    }
    None
}

/// Checks the `B` of `IDENTIFIED BY '…'`.
pub(crate) fn identified_by(input: &Input<'_>, at: usize) -> Option<Found> {
    let head = input.part(input.floor, at);
    if input.at(at + 1) | 0x20 != b'y' || words::find(&words::list(b"|identified "), head, Place::End, ANY_CASE) == 0 {
        return None;
    }
    let start = at + 2 + input.run(at + 2, 4, &BLANKS);
    let start = if input.has(start, b"VALUES ") || input.has(start, b"values ") { start + 7 } else { start };
    let (start, end) = match quote_at(input, start) {
        Some(quote) => (quote.body, quoted_end(input, quote)),
        // Oracle takes a password without quotes, too
        None => (start, Some(word_end(input, start)).filter(|end| is_password(input.part(start, *end)))?),
    };
    replace_unless_placeholder(input, start, end, SECRET)
}

/// Checks the `@` of `scott/…@db`, the login of Oracle's programs.
pub(crate) fn oracle_login(input: &Input<'_>, at: usize) -> Option<Found> {
    static PROGRAMS: &[u8] = &words::list(
        b"|sqlplus |sqlplus -s |sqlplus -l |sqlplus -s -l |sqlplus64 |sql |connect |conn |expdp |impdp |exp |imp |sqlldr \
        |target |userid=|jdbc:oracle:thin:|jdbc:oracle:oci:|connect(|connection(|tkprof |rman ",
    );
    static PASSWORD: Set = Set::of(b"/@\"'`<>()").others();
    let start = input.run_start(at, 64, &PASSWORD);
    let user_end = start.checked_sub(1)?;
    let user = input.run_start(user_end, 32, &NAMES);
    if input.before(start) != b'/' || !LETTERS.has(input.at(user)) || start == at {
        return None;
    }
    static QUOTES: Set = Set::of(b"\\\"'");
    let head_end = input.run_start(user, 8, &QUOTES);
    let head = input.part(input.floor, head_end);
    let is_login = words::find(PROGRAMS, head, Place::End, ANY_CASE) > 0;
    is_login.then(|| Found::new(start, at, SECRET))
}
