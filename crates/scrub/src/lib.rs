//! Removes secrets and personal data from text, in linear time. The browser module and the service share this crate.
//!
//! Each secret becomes a placeholder for its kind: `<token>`, `<secret>`, `<credentials>`, `<email>`, `<card>`,
//! `<private-key>`, `<iban>`, `<ssn>`, `<phone>`. Instead of regular expressions, a scanner reads the bytes once and calls
//! a rule only at bytes that mark secrets: signs, digits and a few letters. A rule reads a limited number of bytes, or
//! bytes that no later call of the same rule reads again, so that hostile text takes linear time too.
#![forbid(unsafe_code)]

mod assignment;
mod below;
mod card;
mod command;
mod compared;
mod email;
mod enclosed;
mod encoded;
mod flag;
mod fold;
mod foreign;
mod found;
mod grouped;
mod input;
mod json;
#[cfg(feature = "full")]
mod judged;
mod key;
#[cfg(feature = "full")]
mod known;
mod markup;
mod name_before;
mod pair;
mod personal;
mod php;
mod piped;
#[cfg(feature = "full")]
mod positions;
mod private_key;
mod program;
mod prompted;
mod prose;
mod protocol;
mod scanner;
mod set;
#[cfg(feature = "full")]
mod shell;
mod sql;
mod strict;
mod table;
mod tagged;
mod token;
mod url;
mod value;
mod vendor;
mod words;
mod wrapped;

use std::borrow::Cow;

pub use card::MIN_CARD_DIGITS;
pub use json::{Neighbours, scrub_json};
pub use key::is_secret_key;
#[cfg(feature = "full")]
pub use known::{KnownSecrets, masked_command};

/// Placeholder for the value of a key that names a secret.
pub const SECRET: &str = "<secret>";

/// Placeholder for a user and a password.
pub(crate) const CREDENTIALS: &str = "<credentials>";

/// Calls a rule that only programs and the service have: for text that programs print (source lines, commands, forms and
/// mails), personal data, links that log in, and the rarer tokens. The browser module has no such rules, because they
/// would double its scrubber; the service applies them before anything is stored.
fn full<T>(rule: impl FnOnce() -> Option<T>) -> Option<T> {
    if cfg!(feature = "full") { rule() } else { None }
}

/// Amount of information that scrubbing removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Credentials and personal data.
    #[default]
    Standard,
    /// Credentials, personal data, paths, hosts and the values of URL parameters.
    Strict,
}

/// Scrubs at [`Level::Standard`]. Returns the text itself if nothing is found.
pub fn scrub(text: &str) -> Cow<'_, str> {
    repeat(text, standard_pass)
}

/// Scrubs at the given level. Returns the text itself if nothing is found.
pub fn scrub_with(text: &str, level: Level) -> Cow<'_, str> {
    match level {
        Level::Standard => scrub(text),
        Level::Strict => repeat(text, strict_pass),
    }
}

/// Repeats a pass until it changes nothing, because text beside a new placeholder may match a rule that it did not
/// match before.
///
/// Scrubbing scrubbed text therefore changes nothing. [`MAX_PASSES`] keeps the work linear. Clean text is read once.
fn repeat(text: &str, pass: fn(&str) -> Option<String>) -> Cow<'_, str> {
    let mut scrubbed = Cow::Borrowed(text);
    for _ in 0..MAX_PASSES {
        match pass(&scrubbed) {
            Some(changed) => scrubbed = Cow::Owned(changed),
            None => break,
        }
    }
    scrubbed
}

/// Maximum number of passes over a text; the randomised tests need at most three.
const MAX_PASSES: usize = 6;

fn standard_pass(text: &str) -> Option<String> {
    if !cfg!(feature = "full") {
        return scanner::pass(text);
    }
    let mut has_columns = false;
    fold::pass(text)
        .or_else(|| scanner::pass_with(text, &mut |_, _, _| (), &mut has_columns))
        .or_else(|| has_columns.then(|| table::pass(text)).flatten())
}

fn strict_pass(text: &str) -> Option<String> {
    let standard = standard_pass(text);
    strict::pass(standard.as_deref().unwrap_or(text)).or(standard)
}
