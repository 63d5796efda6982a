//! Rewrites output that a logger or a terminal interface decorated: boxes, IPython's tracebacks, and prefixes of lines.

mod ipython;
mod prefix;

use std::borrow::Cow;

use super::unbox;

/// Rewrites every decorated stack into the form in which its language prints it. Other text is unchanged.
#[must_use]
pub fn readable(text: &str) -> Cow<'_, str> {
    then(then(unbox(text), ipython::rewrite), prefix::remove)
}

/// Applies a rewrite, which returns none if there is nothing to change.
fn then<'a>(text: Cow<'a, str>, rewrite: fn(&str) -> Option<String>) -> Cow<'a, str> {
    match rewrite(&text) {
        Some(rewritten) => Cow::Owned(rewritten),
        None => text,
    }
}
