//! The reason of a promise that was rejected with a value that is no error.

use std::borrow::Cow;

/// Words before the reason in Node's message, which begins with two sentences of explanation.
const EXPLANATION: &str = "The promise rejected with the reason \"";

/// Shortens Node's message about a rejection to `rejected with "REASON"`. Other messages are returned unchanged.
pub(super) fn of_rejection(message: &str) -> Cow<'_, str> {
    let Some((_, reason)) = message.split_once(EXPLANATION) else { return Cow::Borrowed(message) };
    Cow::Owned(format!("rejected with \"{}\"", reason.trim_end_matches(['.', ']', '\n', ' ', '"'])))
}
