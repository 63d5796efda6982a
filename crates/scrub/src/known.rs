//! Secrets that are known by their value, because a command line or an environment names them: masked wherever they stand,
//! also in the forms in which programs print them.

mod forms;
mod worth;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use autoheal_contract::Json;

use self::forms::{decoded, forms};
use self::worth::{Place, Words, place};
use crate::judged::{Judged, judged, secrets_in_text};
use crate::key::{is_plain, is_secret_key, is_variable};
use crate::positions;
use crate::shell;
use crate::{CREDENTIALS, SECRET};

/// Maximum number of values. Of more, the first ones are known.
const MAX_VALUES: usize = 256;
/// Maximum length of a line that a shell prints for a command, in bytes.
const MAX_TRACE_BYTES: usize = 16 * 1024;
/// Maximum number of such lines. Of more, the last ones are read, because each takes some microseconds.
const MAX_TRACES: usize = 256;

/// The values of secrets, to be masked wherever they stand. A copy shares them.
#[derive(Clone, Default)]
pub struct KnownSecrets(Option<Arc<Known>>);

struct Known {
    values: BTreeSet<String>,
    /// Words that stand in the command and its variables and are no secrets.
    words: Words,
    search: AhoCorasick,
    /// The place in which each pattern of the search is masked.
    places: Vec<Place>,
}

/// Shows no value.
impl fmt::Debug for KnownSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KnownSecrets({})", self.0.as_ref().map_or(0, |known| known.values.len()))
    }
}

impl KnownSecrets {
    /// The secrets of a command and of its variables, each a name and a value.
    #[must_use]
    pub fn of(words: &[&str], variables: &[(&str, &str)]) -> Self {
        let judged = judged(words);
        let mut harmless = Words::default();
        for (word, parts) in words.iter().zip(&judged.parts) {
            if parts.is_empty() {
                harmless.add(word);
            }
        }
        let mut values = judged.values;
        for (name, value) in variables {
            let found = values_of_variable(name, value);
            if found.is_empty() {
                harmless.add(value);
            }
            values.extend(found);
        }
        Self::build(values, harmless)
    }

    /// The same secrets and those in the parameters of a call, by the names of the members.
    #[must_use]
    pub fn with_json(&self, json: &Json) -> Self {
        let mut values = Vec::new();
        members(json, false, &mut values);
        self.with(values)
    }

    /// The same secrets and those of printed commands: a shell prints them before it runs them with `set -x` (`+ mysql -p…`), and
    /// so do `make` and others.
    #[must_use]
    pub fn with_traces(&self, text: &str) -> Self {
        let mut values = Vec::new();
        let lines = text.lines().rev().filter(|line| line.len() <= MAX_TRACE_BYTES);
        for command in lines.filter_map(traced).take(MAX_TRACES) {
            for words in shell::commands(command) {
                let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                values.extend(judged(&words).values);
            }
        }
        self.with(values)
    }

    fn with(&self, values: Vec<String>) -> Self {
        let known = |value: &String| self.0.as_ref().is_some_and(|known| known.values.contains(value));
        if values.iter().all(known) {
            return self.clone();
        }
        let (mut all, words) = match &self.0 {
            Some(known) => (known.values.iter().cloned().collect(), known.words.clone()),
            None => (Vec::new(), Words::default()),
        };
        all.extend(values);
        Self::build(all, words)
    }

    fn build(candidates: Vec<String>, words: Words) -> Self {
        let mut values = BTreeSet::new();
        let mut patterns: Vec<String> = Vec::new();
        let mut places = Vec::new();
        // programs print the password of a URL as it is and decoded
        let decoded: Vec<String> = candidates.iter().filter_map(|value| decoded(value)).collect();
        for value in candidates.into_iter().chain(decoded) {
            let Some(own) = place(&value, &words).filter(|_| values.len() < MAX_VALUES) else { continue };
            if !values.insert(value.clone()) {
                continue;
            }
            for form in forms(&value) {
                // an encoded form is no word of a language
                places.push(if form == value { own } else { own.max(Place::Word) });
                patterns.push(form);
            }
        }
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            // the kind that is built fastest, because it is searched a few times only
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(&patterns);
        let known = search.ok().map(|search| Arc::new(Known { values, words, search, places }));
        Self(known)
    }

    /// True without any secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|known| known.places.is_empty())
    }

    /// Replaces each known secret. Returns the text itself if there is none.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(known) = self.0.as_deref().filter(|known| !known.places.is_empty()) else {
            return Cow::Borrowed(text);
        };
        let mut masked = String::new();
        let mut end = 0;
        for found in known.search.find_iter(text) {
            let place = known.places.get(found.pattern().as_usize());
            if !place.is_some_and(|place| place.allows(text, found.range())) {
                continue;
            }
            masked.push_str(text.get(end..found.start()).unwrap_or_default());
            masked.push_str(SECRET);
            end = found.end();
        }
        if end == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(masked)
    }

    /// Replaces each known secret in a text.
    pub fn mask_text(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text) {
            *text = masked;
        }
    }

    /// Replaces each known secret in the keys and texts of a value.
    pub fn mask_json(&self, json: &mut Json) {
        match json {
            Json::Text(text) => self.mask_text(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Json::Object(members) => members.iter_mut().for_each(|(key, value)| {
                self.mask_text(key);
                self.mask_json(value);
            }),
            Json::Null | Json::Bool(_) | Json::Negative(_) | Json::Whole(_) | Json::Float(_) => {}
        }
    }
}

/// The command that a line shows, if it shows one.
fn traced(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('+') {
        let rest = rest.trim_start_matches('+');
        // bash and zsh may print the place first: `+backup.sh:12: mysql …`, `+backup.sh:12> mysql …`
        return match rest.split_once(' ') {
            Some((place, command)) if place.is_empty() || place.contains(':') => Some(command),
            _ => Some(rest),
        };
    }
    let command = line.strip_prefix("$ ").or_else(|| line.strip_prefix("> ")).or_else(|| line.strip_prefix("# "));
    if command.is_some() {
        return command;
    }
    let program = line.split(' ').next().unwrap_or_default();
    (program.len() < line.len() && positions::is_program(program)).then_some(line)
}

/// The words of a command, with placeholders for its secrets.
#[must_use]
pub fn masked_command(words: &[&str]) -> Vec<String> {
    let mut masked = Vec::new();
    let Judged { parts, .. } = judged(words);
    for (word, mut parts) in words.iter().zip(parts) {
        let mut word = (*word).to_owned();
        parts.sort_by_key(|part| std::cmp::Reverse(part.range.start));
        for part in parts {
            word.replace_range(part.range, part.placeholder);
        }
        masked.push(word);
    }
    masked
}

/// The secrets in a variable: its value if its name is a secret's, else those that the value shows by itself.
fn values_of_variable(name: &str, value: &str) -> Vec<String> {
    let is_named = is_secret_key(name) || is_variable(name.as_bytes());
    let mut values = Vec::new();
    if is_named && !is_plain(name.as_bytes(), value.as_bytes(), false) {
        add_parts(value, &mut values);
    }
    for part in secrets_in_text(value) {
        let text = value.get(part.range).unwrap_or_default();
        add_parts(if part.placeholder == CREDENTIALS { password(text) } else { text }, &mut values);
    }
    if value.contains(' ') {
        values.extend(judged(&[value]).values);
    }
    values
}

/// A value, the lines and the members of a list in it, and the credential after a scheme.
fn add_parts(value: &str, values: &mut Vec<String>) {
    let value = value.trim();
    values.push(value.to_owned());
    if value.contains('\n') {
        let lines = value.lines().map(str::trim).filter(|line| line.len() >= 16 && !line.starts_with("-----"));
        values.extend(lines.map(str::to_owned));
    } else if let Some((scheme, credential)) = value.split_once(' ')
        && matches!(scheme.to_ascii_lowercase().as_str(), "bearer" | "basic" | "token")
    {
        values.push(credential.to_owned());
    } else if let Some((_, password)) = value.split_once(':').filter(|_| !value.contains("://")) {
        values.push(password.to_owned());
    }
    if value.contains(',') {
        values.extend(value.split(',').map(str::trim).map(str::to_owned));
    }
}

/// The password of `user:password`.
pub(crate) fn password(credentials: &str) -> &str {
    credentials.split_once([':', ',', '%']).map_or(credentials, |(_, password)| password)
}

/// Adds the values of members with a secret's name.
fn members(json: &Json, is_named: bool, values: &mut Vec<String>) {
    match json {
        Json::Object(object) => {
            object.iter().for_each(|(name, value)| members(value, is_named || is_secret_key(name), values));
        }
        Json::Array(array) => array.iter().for_each(|value| members(value, is_named, values)),
        Json::Text(text) if is_named => add_parts(text, values),
        _ => {}
    }
}
