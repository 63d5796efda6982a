//! Secrets that terminals show: answers to prompts (`[sudo] password for ada: …`), what expect sends after a prompt, and
//! one-time codes in messages (`your one-time code is 482913`).

use crate::SECRET;
use crate::assignment::{follows_prose, replace_unless_placeholder};
use crate::below;
use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, DIGITS, QUOTES, Set};
use crate::value::{looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};

static MARKS: Set = Set::of(b" (\\\"'");
/// Enough for a prompt. The limit keeps the work linear.
const MAX_BYTES: usize = 128;

/// Checks the colon at the end of a prompt that names a user or a file: `password for ada: …`.
pub(crate) fn answer(input: &Input<'_>, colon: usize) -> Option<Found> {
    static PROMPTS: [&[u8]; 6] =
        [b"assword for ", b"assphrase for ", b"asscode for ", b"PIN for ", b"oken for ", b"asswd for "];
    let start = colon + 1 + input.run(colon + 1, 4, &BLANKS);
    let end = (start > colon + 1).then(|| below::only_word(input, start)).flatten()?;
    let is_pin = (4..=12).contains(&(end - start)) && input.run(start, 13, &DIGITS) == end - start;
    if !is_pin && !looks_like_password(input.part(start, end)) || input.part(start, end).contains(&b'(') {
        return None;
    }
    let floor = input.floor.max(colon.saturating_sub(MAX_BYTES));
    let head = input.part(floor, colon);
    let line = head.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    let head = head.get(line..).unwrap_or_default();
    let at = |prompt: &&[u8]| head.windows(prompt.len()).position(|part| part == *prompt);
    let prompt = PROMPTS.iter().find_map(at)? + floor + line;
    let name = input.run_start(prompt, 8, &ALPHANUMERIC);
    (!follows_prose(input, name)).then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the colon of `expect "assword:"`: the text that the next `send` sends, and that of `expect: send "…\r"`.
pub(crate) fn sent(input: &Input<'_>, colon: usize) -> Option<Found> {
    let head = input.part(input.run_start(colon, 12, &ALPHANUMERIC), colon);
    static ENDS: &[u8] = &words::list(b" assword assphrase asscode expect pin otp code passwd");
    static CLOSING: Set = Set::of(b"\\rn");
    if words::find(ENDS, head, Place::End, ANY_CASE) == 0 {
        return None;
    }
    let window = (colon + MAX_BYTES).min(input.text.len());
    let mut start = input.find(colon, window, b"send")? + 4;
    // `sendline("…")` of pexpect adds the line end itself
    let is_line = input.has(start, b"line");
    start += if is_line { 4 } else { 0 };
    start += input.run(start, 4, &Set::of(b" -(\t"));
    let quote = quote_at(input, start)?;
    let end = quoted_end(input, quote);
    let mut to = end;
    if matches!(input.before(end), b'r' | b'n') && input.at(end.wrapping_sub(2)) == b'\\' {
        // `\r`, also `\r\n`
        while to > quote.body && CLOSING.has(input.at(to - 1)) {
            let letter = to - 1;
            let escapes = input.run_start(letter, 15, &BACKSLASH);
            if input.at(letter) == b'\\' || escapes == letter {
                break;
            }
            to = escapes;
        }
    }
    let text = input.part(quote.body, to);
    let is_secret = (is_line || to < end) && !text.starts_with(b"$") && !text.starts_with(b"[");
    let is_answer = words::has(&words::list(b" yes no y n exit quit"), text, ANY_CASE);
    // after the word `expect` alone, any command may be sent
    let is_password = !words::has(&words::list(b" expect"), head, ANY_CASE) || looks_like_password(text);
    (is_secret && !is_answer && is_password && !text.contains(&b' '))
        .then(|| replace_unless_placeholder(input, quote.body, to, SECRET))
        .flatten()
}

/// Checks the `p` of `expect "password"`, a prompt without a colon.
pub(crate) fn expected(input: &Input<'_>, at: usize) -> Option<Found> {
    let end = at
        + words::find(
            &words::list(b" password passphrase passwd"),
            input.part(at, (at + 10).min(input.text.len())),
            Place::Start,
            ANY_CASE,
        );
    let is_prompt = end > at && QUOTES.has(input.before(at)) && quote_at(input, end).is_some();
    let start = input.run_start(at, 16, &MARKS);
    (is_prompt && input.has_before(start, b"expect")).then(|| sent(input, end)).flatten()
}

/// Checks the first digit of a one-time code: `verification code is 482913`, `482913 is your login code`.
pub(crate) fn code(input: &Input<'_>, start: usize) -> Option<Found> {
    static KINDS: &[u8] = &words::list(
        b" one-time onetime verification security login log-in sign-in signin confirmation authentication authenticator \
        authorization auth access 2fa mfa otp totp sms passcode recovery reset backup pairing activation",
    );
    static KIND: Set = ALPHANUMERIC.with(b"-");
    static CODE: Set = DIGITS.with(b" -");
    let mut end = start + input.run(start, 9, &CODE);
    while end > start && !DIGITS.has(input.at(end - 1)) {
        end -= 1;
    }
    let count = input.part(start, end).iter().filter(|byte| DIGITS.has(**byte)).count();
    if !(4..=8).contains(&count)
        || ALPHANUMERIC.has(input.at(end))
        || !input.begins_word(start)
        || b"._/:".contains(&input.before(start))
    {
        return None;
    }
    let is_kind = |end: usize| {
        let word = input.part(input.run_start(end, 16, &KIND), end);
        words::has(KINDS, word, ANY_CASE)
    };
    let links = [&b" code is "[..], b" code is: ", b" code: ", b" code = ", b" code ", b" pin is ", b" password is "];
    let is_after = links.iter().any(|link| input.has_before(start, link) && is_kind(start - link.len()))
        || [&b"OTP is "[..], b"otp is ", b"OTP ", b"passcode is ", b"our code is ", b"our code: "]
            .iter()
            .any(|link| input.has_before(start, link));
    let is_before = || {
        let words = input.part(end, (end + 64).min(input.text.len()));
        let is_sentence =
            words.starts_with(b" is your ") || words.starts_with(b" is the ") || words.starts_with(b" as your ");
        let word = is_sentence.then(|| words.windows(5).position(|part| part == b" code")).flatten();
        word.is_some_and(|length| is_kind(end + length)) || is_sentence && words.windows(4).any(|part| part == b" OTP")
    };
    (is_after || is_before()).then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}
