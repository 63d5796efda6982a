//! Secrets in the words of a command: in each word by the rules for text, in all of them by the programs' own options, and in
//! the commands within a word, as `sh -c '…'` has them.

use std::ops::Range;

use crate::known::password;
use crate::positions;
use crate::scanner;
use crate::shell;
use crate::token::TOKEN;
use crate::value::{is_placeholder, looks_like_password};
use crate::{CREDENTIALS, SECRET};

/// A part of a text that is a secret.
#[derive(Debug, Clone)]
pub(crate) struct SecretPart {
    /// The part of the text, in bytes.
    pub(crate) range: Range<usize>,
    /// The placeholder for secrets of its kind.
    pub(crate) placeholder: &'static str,
}

/// The secrets of a command.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The secrets in each word.
    pub(crate) parts: Vec<Vec<SecretPart>>,
    /// The secrets as the programs get them, and as they are written in scripts.
    pub(crate) values: Vec<String>,
}

/// Maximum number of scripts within each other: `ssh host "sudo sh -c '…'"`.
const MAX_DEPTH: usize = 5;
/// Maximum length of a script whose commands are judged, in bytes.
const MAX_SCRIPT_BYTES: usize = 64 * 1024;
/// Maximum number of passes over a text, as for scrubbing.
const MAX_PASSES: usize = 6;
/// Character that stands for one with a meaning of its own in a text, so that a word of a command is one word of the text.
const NEUTRAL: char = '\u{e000}';

/// Finds the secrets of a command.
pub(crate) fn judged(words: &[&str]) -> Judged {
    judged_within(words, 0)
}

/// The secrets of a text.
pub(crate) fn secrets_in_text(text: &str) -> Vec<SecretPart> {
    let mut parts: Vec<SecretPart> = Vec::new();
    let mut text = text.to_owned();
    for _ in 0..MAX_PASSES {
        let mut found = Vec::new();
        let mut replaced = |start: usize, end: usize, [_, placeholder, _]: [&str; 3]| {
            let kind = [SECRET, TOKEN, CREDENTIALS, "<private-key>"].into_iter().find(|kind| *kind == placeholder);
            found.extend(kind.map(|placeholder| SecretPart { range: start..end, placeholder }));
        };
        scanner::pass_with(&text, &mut replaced, &mut false);
        found.retain(|part| parts.iter().all(|known| !overlap(&known.range, &part.range)));
        if found.is_empty() {
            break;
        }
        // stars are a placeholder, too, and keep the places of the text after them
        for SecretPart { range, .. } in &found {
            text.replace_range(range.clone(), &"*".repeat(range.len()));
        }
        parts.extend(found);
    }
    parts
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

impl Judged {
    /// Adds a part of a word, if its text is neither a placeholder nor known already.
    fn add(&mut self, words: &[&str], word: usize, part: SecretPart) {
        let (Some(text), Some(parts)) = (words.get(word), self.parts.get_mut(word)) else { return };
        let Some(secret) = text.get(part.range.clone()) else { return };
        let is_new = parts.iter().all(|known| !overlap(&known.range, &part.range));
        if is_new && !secret.is_empty() && !is_placeholder(secret.as_bytes()) {
            let value = if part.placeholder == CREDENTIALS { password(secret) } else { secret };
            self.values.push(value.to_owned());
            // `--ks-pass pass:…`, `-auth ada:…`
            self.values.extend(value.split_once(':').map(|(_, password)| password.to_owned()));
            parts.push(part);
        }
    }
}

impl Judged {
    /// Adds the value of a header such as `X-Acme-Key: …`, whose name alone does not give a secret away.
    fn add_key_header(&mut self, words: &[&str], index: usize, word: &str) {
        let Some((name, value)) = word.split_once(':') else { return };
        let is_header = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let start = word.len() - value.trim_start().len();
        if is_header && name.to_ascii_lowercase().ends_with("-key") && looks_like_password(value.trim().as_bytes()) {
            self.add(words, index, SecretPart { range: start..word.len(), placeholder: SECRET });
        }
    }
}

fn judged_within(words: &[&str], depth: usize) -> Judged {
    let mut found = Judged { parts: vec![Vec::new(); words.len()], values: Vec::new() };
    // scripts first, because the words within them are known more exactly
    for (index, word) in words.iter().enumerate().filter(|_| depth < MAX_DEPTH) {
        // `--password=a b` is one option
        let is_script =
            word.len() <= MAX_SCRIPT_BYTES && !word.starts_with('-') && word.trim().contains(char::is_whitespace);
        for command in is_script.then(|| shell::commands(word)).into_iter().flatten().filter(|words| words.len() > 1) {
            let inner: Vec<&str> = command.iter().map(|word| word.text.as_str()).collect();
            let judged = judged_within(&inner, depth + 1);
            found.values.extend(judged.values);
            for (word, parts) in command.iter().zip(judged.parts) {
                for SecretPart { range, placeholder } in parts {
                    let place = word.place(&range);
                    place.into_iter().for_each(|range| found.add(words, index, SecretPart { range, placeholder }));
                }
            }
        }
    }
    for (index, range) in positions::secrets(words) {
        found.add(words, index, SecretPart { range, placeholder: SECRET });
    }
    let is_text = |word: &str| word.starts_with(['{', '[', '<']) || word.contains('"') && word.contains(':');
    for (index, word) in words.iter().enumerate().filter(|(_, word)| is_text(word)) {
        secrets_in_text(word).into_iter().for_each(|part| found.add(words, index, part));
    }
    for (index, word) in words.iter().enumerate() {
        found.add_key_header(words, index, word);
    }
    let line = Line::of(words);
    for SecretPart { range, placeholder } in secrets_in_text(&line.text) {
        let Some((index, range)) = line.place(&range) else { continue };
        found.add(words, index, SecretPart { range, placeholder });
    }
    for (index, word) in words.iter().enumerate().filter(|(_, word)| !is_text(word)) {
        secrets_in_text(word).into_iter().for_each(|part| found.add(words, index, part));
    }
    found
}

/// Words as one line of text, in which each word is without blanks and quotes.
struct Line {
    text: String,
    /// For each byte of the text, its word and its place in the word. A blank is at the end of the word before it.
    places: Vec<(usize, usize)>,
}

impl Line {
    fn of(words: &[&str]) -> Self {
        let mut line = Self { text: String::new(), places: Vec::new() };
        for (index, word) in words.iter().enumerate() {
            for (at, letter) in word.char_indices() {
                let is_header = letter == ':' && is_header(word.get(..at).unwrap_or_default());
                let is_sign = letter.is_whitespace() || letter.is_control() || "\"'`&<>\\|;".contains(letter);
                line.push(if is_header || is_sign { NEUTRAL } else { letter }, (index, at));
            }
            if word.is_empty() {
                line.push(NEUTRAL, (index, 0));
            }
            line.push(' ', (index, word.len()));
        }
        line
    }

    fn push(&mut self, letter: char, place: (usize, usize)) {
        self.text.push(letter);
        self.places.resize(self.text.len(), place);
    }

    /// The word of a part of the line, and the part of the word. Signs that close a text are a part of a password at its end.
    fn place(&self, range: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let (index, start) = *self.places.get(range.start)?;
        let mut end = range.end;
        while self.text.as_bytes().get(end).is_some_and(|byte| b")]},".contains(byte)) {
            end += 1;
        }
        let is_end = self.text.as_bytes().get(end).is_none_or(|byte| *byte == b' ');
        let (last, end) = *self.places.get(if is_end { end } else { range.end })?;
        // a value to the end of the line ends with its word
        let end = if last == index { end } else { self.places.iter().rfind(|(word, _)| *word == index)?.1 };
        Some((index, start..end))
    }
}

/// True for a header whose value takes the rest of a text.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["cookie", "authorization", "phrase", "mnemonic"].iter().any(|header| name.ends_with(header))
}
