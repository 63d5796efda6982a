//! The secrets of a command and of the variables that it gets from this process, by their values.

use std::borrow::Cow;
use std::ffi::OsString;

use autoheal_scrub::KnownSecrets;

/// Finds the secrets in the words of a command and in this process's variables.
#[must_use]
pub fn known_secrets(words: &[OsString]) -> KnownSecrets {
    let words: Vec<Cow<'_, str>> = words.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let text = |text: OsString| text.to_string_lossy().into_owned();
    let variables: Vec<(String, String)> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    KnownSecrets::of(&words, &variables)
}
