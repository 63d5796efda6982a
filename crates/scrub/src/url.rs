//! Credentials in front of a URL's host.

use crate::found::Found;
use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, Set};

/// What stands between `//` and the path.
static AUTHORITY: Set = Set::of(b"/?#\"'`<>\\").others();

/// `scheme://user:password@host`, asked at the colon. A name alone may be a token, so it goes too; `git@` tells
/// nothing.
pub(crate) fn userinfo(seen: &Seen<'_>, colon: usize) -> Option<Found> {
    if !seen.has(colon, b"://") || !ALPHANUMERIC.has(seen.before(colon)) {
        return None;
    }
    let start = colon + 3;
    let authority = seen.part(start, seen.run_end(start, &AUTHORITY));
    let length = authority.iter().rposition(|byte| *byte == b'@')?;
    let is_nobody = length == 0 || seen.part(start, start + length) == b"git";
    (!is_nobody).then(|| Found::new(start, start + length, "<credentials>"))
}
