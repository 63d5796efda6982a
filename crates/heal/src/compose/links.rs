//! Text outside of fences in which GitHub finds no URL, no reference to an issue, no commit and no advisory.
//!
//! The alphabets of titles, names and slugs have no `#` and no `@`, so that no mention, no mail address, no `repo#1` and no
//! `repo@0badc0de1` is left. The other spellings that GitHub links are changed here and stay readable:
//! `https://evil.example/a` becomes `https:evil_example/a`, `GH-1` becomes `GH_1`, `CVE-2024-1234` becomes `CVE_2024-1234`,
//! and `0badc0de1` becomes `0badc0_de1`. So does a word of the letters a to f: `defaced` becomes `deface_d`. Without a
//! reference, a keyword such as `fixes` closes nothing.
//!
//! Names between colons that GitHub shows as pictures are changed, too.
//!
//! The prefixes of a repository's own autolinks, such as `TICKET-`, are unknown here, so that `TICKET-1` stays a link.

use std::borrow::Cow;

/// Digits of the shortest commit id that GitHub links.
const COMMIT_ID_DIGITS: usize = 7;
/// Digits of a group in a hexadecimal number that was split. Must be less than [`COMMIT_ID_DIGITS`].
const HEX_GROUP: usize = 6;
/// Digits of a group in a decimal number that was split.
const DECIMAL_GROUP: usize = 3;

/// Names of GitHub's own pictures, from <https://api.github.com/emojis>.
const PICTURES: [&str; 23] = [
    "accessibility",
    "atom",
    "basecamp",
    "basecampy",
    "bowtie",
    "copilot",
    "dependabot",
    "electron",
    "feelsgood",
    "finnadie",
    "fishsticks",
    "goberserk",
    "godmode",
    "hurtrealbad",
    "neckbeard",
    "octocat",
    "shipit",
    "suspect",
    "trollface",
    "rage1",
    "rage2",
    "rage3",
    "rage4",
];

/// A text of at most this many characters in which GitHub links nothing. A second call changes nothing.
pub(super) fn without_links(text: &str, characters: usize) -> String {
    within(text, characters, |text| {
        let text = without_double_slashes(text);
        let text = without_hosts(&text);
        without_emoji(&split_commit_ids(&without_numbered_ids(&text, "_"), '_'))
    })
}

/// A slug of at most this many characters in which GitHub links nothing. Its words are joined by `-`.
pub(super) fn slug_without_links(slug: &str, characters: usize) -> String {
    within(slug, characters, |slug| split_commit_ids(&without_numbered_ids(slug, ""), '-'))
}

/// Cuts a text and removes its links. Repeats this, because a cut can turn a longer word into a commit id, and removing
/// links can make a text longer.
fn within(text: &str, characters: usize, without_links: impl Fn(&str) -> String) -> String {
    let mut text = Cow::Borrowed(text);
    loop {
        let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
        let changed = without_links(&text[..end]);
        if changed.chars().nth(characters).is_none() {
            return changed;
        }
        text = Cow::Owned(changed);
    }
}

/// Shortens runs of slashes: `https://a` becomes `https:a`, `file:///a` becomes `file:/a`, and `a//b` becomes `a/b`.
fn without_double_slashes(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("//") {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches('/');
        shown.push_str(before);
        if !(before.ends_with(':') && from.len() - after.len() == 2) {
            shown.push('/');
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Replaces the dots of hosts by `_`: of `www.a.example`, and of `a.example` before a path. A file name in a path stays.
fn without_hosts(text: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let start = rest.find(is_part).unwrap_or(rest.len());
        let (between, from) = rest.split_at(start);
        let (part, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
        shown.push_str(between);
        let has_path = after
            .strip_prefix(':')
            .map_or(after, |port| port.trim_start_matches(|c: char| c.is_ascii_digit()))
            .starts_with('/');
        let is_in_path = shown.ends_with('/');
        if part.to_ascii_lowercase().contains("www.") || has_path && !is_in_path && is_host(part) {
            shown.push_str(&part.replace('.', "_"));
        } else {
            shown.push_str(part);
        }
        rest = after;
    }
    shown
}

/// True for labels joined by dots. A number such as `1.5` is no host, but an address of four numbers is.
fn is_host(part: &str) -> bool {
    let labels: Vec<&str> = part.split('.').filter(|label| label.contains(char::is_alphanumeric)).collect();
    let is_number = labels.iter().all(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    labels.len() > 1 && !(is_number && labels.len() < 4)
}

/// Replaces the first hyphen in `GH-1`, which GitHub reads as `#1`, and in the ids of advisories: `CVE-2024-1234`,
/// `GHSA-c3gw-4p7h-j9xq`.
fn without_numbered_ids(text: &str, separator: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('-') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        shown.push_str(before);
        let word = shown.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let is_id = match word.to_ascii_lowercase().as_str() {
            "gh" | "cve" => after.starts_with(|c: char| c.is_ascii_digit()),
            "ghsa" => after.starts_with(|c: char| c.is_ascii_alphanumeric()),
            _ => false,
        };
        shown.push_str(if is_id { separator } else { "-" });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Puts `_` behind a name between colons that GitHub shows as a picture: `:rocket:` becomes `:rocket_:`, and
/// `std::lock::Mutex` becomes `std::lock_::Mutex`.
fn without_emoji(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut parts = text.split(':').peekable();
    let mut is_first = true;
    while let Some(part) = parts.next() {
        shown.push_str(part);
        let is_between = !is_first && parts.peek().is_some();
        if is_between && is_emoji(part) {
            shown.push('_');
        }
        if parts.peek().is_some() {
            shown.push(':');
        }
        is_first = false;
    }
    shown
}

/// True for the short code of an emoji or of a picture of GitHub's own.
fn is_emoji(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    emojis::get_by_shortcode(&word).is_some() || PICTURES.contains(&word.as_str())
}

/// Splits every word that may be a commit id into groups. Decimal numbers get groups of thousands. Words without a digit
/// are split too, because a commit id may consist of letters, and few words have only these seven or more.
fn split_commit_ids(text: &str, separator: char) -> String {
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_decimal = word.bytes().all(|byte| byte.is_ascii_digit());
        let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if word.len() < COMMIT_ID_DIGITS || !is_hex {
            shown.push_str(part);
            continue;
        }
        let (group, first) = if is_decimal { (DECIMAL_GROUP, word.len() % DECIMAL_GROUP) } else { (HEX_GROUP, 0) };
        for (at, digit) in word.char_indices() {
            if at > 0 && at % group == first {
                shown.push(separator);
            }
            shown.push(digit);
        }
        shown.push_str(&part[word.len()..]);
    }
    shown
}

#[cfg(test)]
mod tests;
