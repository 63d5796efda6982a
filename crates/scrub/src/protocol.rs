//! Secrets in the commands of protocols: `PASS …` of FTP and POP3, `LOGIN ada …` of IMAP, the Base64 of SMTP after
//! `334 UGFzc3dvcmQ6`; and lines of PostgreSQL's password file.

use crate::assignment::{PROSE_AFTER, replace_unless_placeholder};
use crate::below;
use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BLANKS, DIGITS, Set};
use crate::value::{bare_end, is_placeholder, looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};
use crate::{CREDENTIALS, SECRET};

/// True if letters and digits alternate, as in random texts and not in names with a number.
pub(crate) fn is_random(text: &[u8]) -> bool {
    let is_change = |pair: &&[u8]| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit());
    text.len() >= 8 && text.windows(2).filter(is_change).count() >= 3
}

/// Checks the `P` of `PASS …`. Test runners print the same word before the names of files and tests.
pub(crate) fn pass(input: &Input<'_>, at: usize) -> Option<Found> {
    /// Enough for the line with `USER`. The limit keeps the work linear.
    const MAX_BYTES: usize = 160;
    let start = at + 5;
    if !input.has(at, b"PASS ") || !input.begins_word(at) || input.at(start) == b' ' {
        return None;
    }
    let end = below::only_word(input, start)?;
    let text = input.part(start, end);
    let is_path = text.iter().any(|byte| matches!(byte, b'/' | b'\\'));
    if is_path || words::find(&words::list(b" test"), text, Place::Start, ANY_CASE) > 0 {
        return None;
    }
    let head = input.part(input.floor.max(at.saturating_sub(MAX_BYTES)), at);
    let is_session = head.windows(5).any(|part| part == b"USER ");
    let is_sent = [&b"> "[..], b": "].iter().any(|mark| head.ends_with(mark)) && looks_like_password(text);
    let is_name = text.iter().any(|byte| matches!(byte, b'.' | b'_' | b':'));
    let is_secret = is_session || is_sent && !is_name || is_random(text) && !text.contains(&b'.');
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the `L` of IMAP's `a1 LOGIN ada …`, and of `vault login …`.
pub(crate) fn login(input: &Input<'_>, at: usize) -> Option<Found> {
    static TAG: Set = ALPHANUMERIC.with(b".");
    if input.has(at, b"login ") {
        let is_command = input.has_before(at, b"vault ") || input.has_before(at, b"cargo ");
        let end = bare_end(input, at + 6, false);
        let is_secret = is_command && below::is_word(input.part(at + 6, end));
        return is_secret.then(|| replace_unless_placeholder(input, at + 6, end, SECRET)).flatten();
    }
    if !input.has(at, b"LOGIN ") || !input.begins_word(at) {
        return None;
    }
    let tag = input.part(input.run_start(at - usize::from(at > 0), 16, &TAG), at);
    let is_tagged =
        tag.iter().any(u8::is_ascii_digit) || input.has_before(at, b"> a ") || input.has_before(at, b": a ");
    let user = at + 6;
    let user_end = quote_at(input, user)
        .map_or_else(|| bare_end(input, user, false), |quote| quoted_end(input, quote) + quote.body - quote.start);
    if input.at(user_end) != b' ' || words::has(PROSE_AFTER, input.part(user, user_end), ANY_CASE) {
        return None;
    }
    let start = user_end + 1;
    let (start, end) = match quote_at(input, start) {
        Some(quote) => (quote.body, quoted_end(input, quote)),
        None => (start, below::only_word(input, start)?),
    };
    let text = input.part(start, end);
    let is_secret = is_tagged && (below::is_word(text) || looks_like_password(text)) || is_random(text);
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the digits of `334 UGFzc3dvcmQ6`, by which a mail server asks for a password.
pub(crate) fn challenge(input: &Input<'_>, at: usize) -> Option<Found> {
    static MARKS: Set = BLANKS.with(b"C:>-~");
    let is_asked = input.has(at, b"334 UGFzc3dvcmQ") || input.has(at, b"334 cGFzc3dvcmQ");
    let start = is_asked.then(|| below::next_text(input, bare_end(input, at + 4, false))).flatten()?;
    let start = start + input.run(start, 6, &MARKS);
    let end = bare_end(input, start, false);
    (end > start + 3).then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the first colon of `host:5432:database:user:…`, a line of `.pgpass`.
pub(crate) fn password_file(input: &Input<'_>, colon: usize) -> Option<Found> {
    static FIELD: Set = ALPHANUMERIC.with(b"_-.*");
    let port = colon + 1;
    let port_end = if input.at(port) == b'*' { port + 1 } else { port + input.run(port, 6, &DIGITS) };
    if port_end > port && input.before(colon) == b']' && input.at(port_end) == b' ' {
        return mail_relay(input, port_end + 1);
    }
    if port_end == port || input.at(port_end) != b':' || !FIELD.has(input.before(colon)) {
        return None;
    }
    let database = port_end + 1 + input.run(port_end + 1, 64, &FIELD);
    let user = database + 1 + input.run(database + 1, 64, &FIELD);
    let is_line =
        input.at(database) == b':' && database > port_end + 1 && input.at(user) == b':' && user > database + 1;
    let start = user + 1;
    let end = bare_end(input, start, false);
    let text = input.part(start, end);
    // a line and a column stand in the third and fourth field of other texts
    let is_position = input.part(database + 1, user).iter().all(u8::is_ascii_digit);
    let is_secret = is_line && !is_position && looks_like_password(text) && !text.starts_with(b"/");
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// The password after `[smtp.example]:587 ada:`, a line of Postfix's `sasl_passwd`.
fn mail_relay(input: &Input<'_>, user: usize) -> Option<Found> {
    static USER: Set = ALPHANUMERIC.with(b"_-.@+");
    let colon = user + input.run(user, 96, &USER);
    let end = bare_end(input, colon + 1, false);
    let password = input.part(colon + 1, end);
    // an address such as `2001:db8::7` has colons, too
    let is_user = input.part(user, colon).iter().any(|byte| byte.is_ascii_alphabetic()) && !password.contains(&b':');
    let is_secret = input.at(colon) == b':' && is_user && looks_like_password(password);
    is_secret.then(|| replace_unless_placeholder(input, colon + 1, end, SECRET)).flatten()
}

/// Checks the colon of `: PSK "…"`, a line of `ipsec.secrets`.
pub(crate) fn shared_key(input: &Input<'_>, colon: usize) -> Option<Found> {
    let words = words::list(b",PSK ,EAP ,XAUTH ,NTLM ");
    let head = input.part(colon + 2, (colon + 8).min(input.text.len()));
    let length = words::find(&words, head, Place::Start, words::EXACT);
    let quote = quote_at(input, colon + 2 + length).filter(|_| length > 0)?;
    replace_unless_placeholder(input, quote.body, quoted_end(input, quote), SECRET)
}

/// Checks the `@` of `ada:…@10.0.0.1` and `ada:…@tcp(db:3306)`, which have no scheme.
pub(crate) fn address(input: &Input<'_>, at: usize) -> Option<Found> {
    static PASSWORD: Set = Set::of(b":/@\"'`<>()[]{},;&?=\\|").others();
    static NAMES: Set = ALPHANUMERIC.with(b"_-.\\");
    static ADDRESS: Set = DIGITS.with(b".");
    let end = input.run_end(at + 1, &ADDRESS);
    let dots = input.part(at + 1, end).iter().take(20).filter(|byte| **byte == b'.').count();
    let is_address = dots == 3 || [&b"localhost"[..], b"tcp(", b"unix("].iter().any(|host| input.has(at + 1, host));
    if !is_address {
        return None;
    }
    let start = input.run_start(at, 64, &PASSWORD);
    let name = input.run_start(start.checked_sub(1)?, 48, &NAMES);
    let is_login = input.before(start) == b':' && name + 1 < start && input.before(name) != b'/';
    let is_secret = is_login && looks_like_password(input.part(start, at)) && !is_placeholder(input.part(name, at));
    is_secret.then(|| Found::new(name, at, CREDENTIALS))
}

/// Checks the first `m` of an SNMP community: `snmp-server community … RO`, `rocommunity …`.
pub(crate) fn community(input: &Input<'_>, at: usize) -> Option<Found> {
    /// Enough for the words before a community. The limit keeps the work linear.
    const MAX_BYTES: usize = 48;
    static KINDS: &[u8] = &words::list(b" read write ro rw cipher simple 0 6 7 8");
    let end = at + b"mmunity".len();
    let blanks = input.run(end, 4, &BLANKS);
    if blanks == 0 || !input.has(at, b"mmunity") || !input.has_before(at, b"co") {
        return None;
    }
    let start = at - 2;
    let head = input.part(input.floor.max(start.saturating_sub(MAX_BYTES)), start);
    let line = head.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    let is_agent = [&b"ro"[..], b"rw", b"ro6", b"rw6"].iter().any(|kind| input.has_before(start, kind))
        && !ALPHANUMERIC.has(input.before(start - 2));
    let is_snmp = head.get(line..).unwrap_or_default().windows(4).any(|part| part.eq_ignore_ascii_case(b"snmp"));
    let mut value = end + blanks;
    for _ in 0..2 {
        let word = bare_end(input, value, false);
        if words::has(KINDS, input.part(value, word), words::ANY_CASE) && input.at(word) == b' ' {
            value = word + 1;
        }
    }
    let value = quote_at(input, value).map_or(value, |quote| quote.body);
    let text = input.part(value, bare_end(input, value, false));
    let is_default = words::has(&words::list(b" public private string name is"), text, words::ANY_CASE);
    let is_secret = (is_agent || is_snmp) && text.len() >= 4 && !is_default;
    is_secret.then(|| replace_unless_placeholder(input, value, value + text.len(), SECRET)).flatten()
}
