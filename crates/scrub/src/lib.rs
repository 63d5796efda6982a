//! Takes secrets and personal data out of text, in linear time, for the page and the service alike.
//!
//! Each secret becomes a placeholder that says what it was: `<token>`, `<secret>`, `<credentials>`, `<email>`,
//! `<card>`, `<private-key>`. There is no regular expression engine: a scanner walks the bytes once and asks a rule
//! only at the few bytes that can betray a secret (`:`, `=`, `@`, `-`, `_`, digits, a handful of letters). Every
//! rule looks a bounded way, or over bytes that no other call of it looks at again, so hostile text costs no more
//! than any other.
#![forbid(unsafe_code)]

mod assignment;
mod card;
mod email;
mod flag;
mod found;
mod json;
mod key;
mod private_key;
mod scanner;
mod seen;
mod set;
mod strict;
mod token;
mod url;
mod value;
mod words;

use std::borrow::Cow;

pub use json::scrub_json;
pub use key::is_secret_key;

/// The placeholder for a value under a secret-looking key.
pub const SECRET: &str = "<secret>";

/// How much is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Credentials and personal data.
    #[default]
    Standard,
    /// Paths, hosts and every URL parameter's value as well.
    Strict,
}

/// Scrubs at [`Level::Standard`]; borrowed when nothing was found.
pub fn scrub(text: &str) -> Cow<'_, str> {
    repeat(text, scanner::pass)
}

/// Scrubs at the given level; borrowed when nothing was found.
pub fn scrub_with(text: &str, level: Level) -> Cow<'_, str> {
    match level {
        Level::Standard => scrub(text),
        Level::Strict => repeat(text, strict_pass),
    }
}

/// A placeholder may stand where a neighbour had hidden a secret from its rule. Repeating until nothing changes makes
/// scrubbed text stay as it is when it is scrubbed again; the count keeps the work linear. Clean text is read once.
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

/// The randomised tests never need more than three.
const MAX_PASSES: usize = 6;

fn strict_pass(text: &str) -> Option<String> {
    let standard = scanner::pass(text);
    strict::pass(standard.as_deref().unwrap_or(text)).or(standard)
}
