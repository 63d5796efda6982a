//! Credentials in URLs: before the host, and in the paths of links that log in.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BASE64URL, DIGITS, Set};
use crate::token::TOKEN;
use crate::value::{bare_end, has_digit_and_letter, looks_like_password, looks_random};
use crate::words::{self, Place};

/// The bytes between `//` and the path.
static AUTHORITY: Set = Set::of(b"/?#\"'`<>\\").others();
static PATH: Set = BASE64URL.with(b"/.%");
/// The path of a webhook of Teams has an `@`.
static SECRET_PATH: Set = PATH.with(b"@");

/// Checks the colon of `scheme://user:password@host`. A name without a password stays, unless it may be a token.
pub(crate) fn userinfo(input: &Input<'_>, colon: usize) -> Option<Found> {
    if input.at(colon + 1) != b'/' || !input.has(colon, b"://") || !ALPHANUMERIC.has(input.before(colon)) {
        return None;
    }
    let start = colon + 3;
    let authority = input.part(start, input.run_end(start, &AUTHORITY));
    let length = authority.iter().rposition(|byte| *byte == b'@')?;
    let user = input.part(start, start + length);
    let is_name = !user.contains(&b':') && (user.len() < 16 || !has_digit_and_letter(user));
    (!is_name).then(|| Found::new(start, start + length, "<credentials>"))
}

/// Beginnings of paths whose rest is a secret.
static SECRET_PATHS: &[u8] = &words::list(
    b" hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/ .office.com/webhook/ \
    .office.com/webhookb2/ hooks.zapier.com/hooks/catch/ /with/key/ logic.azure.com/workflows/",
);
/// Folders before a token: links that log in, reset a password or confirm an address, and webhooks.
static FOLDERS: &[u8] = &words::list(
    b" /reset/ /reset-password/ /reset_password/ /password-reset/ /password_reset/ /magic/ /magic-link/ /magiclink/ \
    /magic_link/ /verify/ /verify-email/ /verification/ /confirm/ /confirm-email/ /confirmation/ /activate/ \
    /activation/ /invite/ /invites/ /invitation/ /invitations/ /login/ /signin/ /sign-in/ /sso/ /token/ /unsubscribe/ \
    /recover/ /recovery/ /webhook/ /webhooks/ /one-time/ /otp/ /impersonate/",
);

static FILTER: words::Filter = words::filter(SECRET_PATHS, Place::End);

static FOLDER_FILTER: words::Filter = words::filter(FOLDERS, Place::End);

/// Checks a slash: the token after a folder for tokens.
pub(crate) fn path(input: &Input<'_>, slash: usize) -> Option<Found> {
    let start = slash + 1;
    let head = input.part(input.floor, start);
    if words::may_end(head, &FILTER) && words::find(SECRET_PATHS, head, Place::End, words::EXACT) > 0 {
        let end = input.run_end(start, &SECRET_PATH);
        return (end > start).then(|| Found::new(start, end, TOKEN));
    }
    if let Some(found) = key(input, start) {
        return Some(found);
    }
    if !words::may_end(head, &FOLDER_FILTER) {
        return None;
    }
    // a shortcut: most segments of paths are shorter than a token
    let length = input.run(start, 16, &BASE64URL);
    let is_number = length > 0 && input.at(start + length) == b'/' && input.at(start + length - 1).is_ascii_digit();
    if length < 16 && !is_number || words::find(FOLDERS, head, Place::End, words::EXACT) == 0 {
        return None;
    }
    // a webhook has its number before the token
    let number = input.run(start, 24, &DIGITS);
    let body = if number > 0 && input.at(start + number) == b'/' { start + number + 1 } else { start };
    let end = body + input.run(body, 512, &BASE64URL);
    // `/login/page-1a2b3c4d5e6f.js` is a file
    let is_file = input.at(end) == b'.' && ALPHANUMERIC.has(input.at(end + 1)) && end - body < 64;
    (looks_random(input.part(body, end)) && !is_file).then(|| Found::new(body, input.run_end(end, &PATH), TOKEN))
}

/// A key within the path of a URL whose host or path is known for such keys: `https://mcp.zapier.com/api/mcp/s/…/mcp`.
fn key(input: &Input<'_>, start: usize) -> Option<Found> {
    /// Enough for a host and the folders before a key. The limit keeps the work linear.
    const MAX_BYTES: usize = 128;
    static KINDS: &[u8] = &words::list(
        b" mcp sse hook hooks webhook webhooks infura alchemy quiknode hc-ping pipedream viasocket activepieces composio make \
        ifttt",
    );
    // a shortcut: most segments of paths are shorter than a key
    let length = input.run(start, 256, &BASE64URL);
    if length < 16 || !looks_random(input.part(start, start + length)) {
        return None;
    }
    let end = start + length;
    let is_segment =
        input.at(end) == 0 && end >= input.text.len() || b"/?#&\"'`<>)]},; \n\r\t\\".contains(&input.at(end));
    let floor = input.floor.max(start.saturating_sub(MAX_BYTES));
    let head = input.part(floor, start);
    let authority = head.windows(3).rposition(|part| part == b"://")? + 3;
    let before = head.get(authority..).unwrap_or_default();
    let is_url = !before.iter().any(|byte| matches!(byte, b' ' | b'\n' | b'"' | b'\'' | b'?' | b'#'));
    let is_kind = |part: &[u8]| words::has(KINDS, part, words::ANY_CASE);
    let next = input.part(end, end + 6);
    let is_next = next.starts_with(b"/mcp") || next.starts_with(b"/sse");
    let is_known = is_next || before.split(|byte| matches!(byte, b'/' | b'.')).any(is_kind);
    (is_segment && is_url && is_known).then(|| Found::new(start, end, TOKEN))
}

/// The short code of a link that logs in: `/login?code=…`, `/auth/verify?key=…`. Longer ones need no such path.
pub(crate) fn parameter(input: &Input<'_>, key: usize, start: usize) -> Option<Found> {
    /// Enough for the parameters before the code. The limit keeps the work linear.
    const MAX_BYTES: usize = 160;
    static PATHS: &[u8] = &words::list(
        b" login signin sign-in sign_in verify verification verify-email confirm confirmation confirm-email activate \
        activation magic magic-link magiclink magic_link auth sso otp 2fa mfa invite invitation accept-invite reset \
        reset-password password-reset passwordless recover recovery unsubscribe callback signup register",
    );
    static SEGMENT: Set = ALPHANUMERIC.with(b"_-");
    static SEPARATORS: Set = Set::of(b"&;");
    let end = bare_end(input, start, true);
    let text = input.part(start, end);
    let is_code = (6..=8).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    let is_short = text.iter().all(|byte| BASE64URL.has(*byte)) && looks_like_password(text);
    let is_name = text.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'));
    if !is_code && (!is_short || is_name) {
        return None;
    }
    let floor = input.floor.max(key.saturating_sub(MAX_BYTES));
    let mark = floor + input.part(floor, key).iter().rposition(|byte| matches!(byte, b'?' | b'#' | b' ' | b'"'))?;
    let path = mark - usize::from(input.before(mark) == b'/');
    let is_in_query = matches!(input.at(mark), b'?' | b'#') && (mark + 1 == key || SEPARATORS.has(input.before(key)));
    let mut path = path;
    let mut segment = input.run_start(path, 24, &SEGMENT);
    // `/verify/12?hash=…`
    if input.before(segment) == b'/' && input.run_end(segment, &DIGITS) == path {
        path = segment - 1;
        segment = input.run_start(path, 24, &SEGMENT);
    }
    let is_login = input.before(segment) == b'/' && words::has(PATHS, input.part(segment, path), words::ANY_CASE);
    (is_in_query && is_login).then(|| Found::new(start, end, TOKEN))
}
