//! Credentials before a URL's host.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, Set};

/// The bytes between `//` and the path.
static AUTHORITY: Set = Set::of(b"/?#\"'`<>\\").others();

/// Checks the colon of `scheme://user:password@host`. A name without a password is replaced too, because it may be a
/// token. `git@` stays.
pub(crate) fn userinfo(input: &Input<'_>, colon: usize) -> Option<Found> {
    if !input.has(colon, b"://") || !ALPHANUMERIC.has(input.before(colon)) {
        return None;
    }
    let start = colon + 3;
    let authority = input.part(start, input.run_end(start, &AUTHORITY));
    let length = authority.iter().rposition(|byte| *byte == b'@')?;
    let is_harmless = length == 0 || input.part(start, start + length) == b"git";
    (!is_harmless).then(|| Found::new(start, start + length, "<credentials>"))
}
