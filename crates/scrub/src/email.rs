//! E-mail addresses, told apart from stack frames, package versions and file names that also hold an `@`.

use crate::scanner::{Found, Seen};

/// Last labels that are file endings and no top-level domains: `fn@app.bundle`, `logo@2x.png`.
const FILE_ENDINGS: &str = "js mjs cjs jsx ts mts cts tsx json html htm css scss map wasm bundle vue svelte png jpg jpeg gif svg webp ico \
    txt xml yaml yml toml lock hbc jsbundle";

/// Asked at `@`, or at `%` for the `%40` of URLs.
pub(crate) fn address<'a>(seen: &Seen<'a>, at: usize) -> Option<Found<'a>> {
    let domain = if seen.at(at) == b'@' { at + 1 } else { seen.has(at, b"%40").then_some(at + 3)? };
    let start = local_start(seen, at);
    let end = domain_end(seen.text, domain);
    if start == at || &seen.bytes[start..at] == b"git" || !is_domain(&seen.text[domain..end]) {
        return None;
    }
    // `f@host.bundle:12:34` is a frame
    if position_end(seen, end).is_some_and(|line| position_end(seen, line).is_some()) {
        return None;
    }
    Some(Found::new(start, end, "<email>"))
}

/// No `@` belongs to a local part, so no byte is looked at for two addresses.
fn local_start(seen: &Seen<'_>, at: usize) -> usize {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let head = &seen.text[seen.floor..at];
    let start = seen.floor + head.trim_end_matches(belongs).len();
    // the letter of an escape, `\nname@host`, is not the name's
    let escaped = start > 0 && seen.before(start) == b'\\' && matches!(seen.at(start), b'n' | b'r' | b't');
    let start = if escaped { start + 1 } else { start };
    // a local part neither begins with a dot nor a dash
    start + (at - start).min(seen.bytes[start..at].iter().take_while(|byte| matches!(byte, b'.' | b'-')).count())
}

fn domain_end(text: &str, start: usize) -> usize {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let rest = &text[start..];
    let length = rest.find(|c: char| !belongs(c)).unwrap_or(rest.len());
    // a full stop or dash after the address is the sentence's
    start + rest[..length].trim_end_matches(['.', '-']).len()
}

fn is_domain(domain: &str) -> bool {
    let Some((name, last)) = domain.rsplit_once('.') else { return false };
    let is_top_level = (2..=24).contains(&last.chars().count()) && last.chars().all(char::is_alphabetic);
    let mut labels = domain.split('.');
    let first = labels.next().unwrap_or_default();
    let second = labels.next().unwrap_or_default();
    // `package@1.2.3-rc.one`, `module@v0.1.0-beta`
    let starts_with_digit = |label: &str| label.starts_with(|c: char| c.is_ascii_digit());
    let is_version = starts_with_digit(first.trim_start_matches('v')) && starts_with_digit(second);
    is_top_level && !is_version && !is_file_ending(last) && !name.is_empty() && !first.is_empty()
}

pub(crate) fn is_file_ending(label: &str) -> bool {
    FILE_ENDINGS.split_ascii_whitespace().any(|ending| ending.eq_ignore_ascii_case(label))
}

/// The end of `:digits`.
fn position_end(seen: &Seen<'_>, start: usize) -> Option<usize> {
    let digits = crate::boundary::run(seen.bytes, start + 1, 12, |byte| byte.is_ascii_digit());
    (seen.at(start) == b':' && digits > 0).then_some(start + 1 + digits)
}
