//! Credentials in front of a URL's host.

use crate::scanner::{Found, Seen};

/// `scheme://user:password@host`, asked at the colon. A name alone may be a token, so it goes too; `git@` tells
/// nothing.
pub(crate) fn userinfo<'a>(seen: &Seen<'a>, colon: usize) -> Option<Found<'a>> {
    if !seen.has(colon, b"://") || !seen.before(colon).is_ascii_alphanumeric() {
        return None;
    }
    let start = colon + 3;
    let authority = seen.bytes[start..].iter().take_while(|byte| is_authority(**byte));
    let at = start + authority.enumerate().filter(|(_, byte)| **byte == b'@').last()?.0;
    let is_nobody = at == start || &seen.bytes[start..at] == b"git";
    (!is_nobody).then(|| Found::new(start, at, "<credentials>"))
}

fn is_authority(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
}
