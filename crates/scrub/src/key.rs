//! Names of secrets, such as `password` and `x-api-key`.

use crate::words::{self, EXACT, Filter, Place, filter, may_end, may_start};
use crate::{fold, foreign, full};

/// Maximum number of checked bytes of a name. Of a longer name, only the end is checked.
pub(crate) const MAX_NAME_BYTES: usize = 64;

/// Words that make a name secret at any position, unless the name ends with one of [`ATTRIBUTES`].
const ANYWHERE: &[u8] = &words::list(
    b" password passwd passwort kennwort passphrase passcode privatekey secret sessionid sessid credential cookie cardnumber creditcard \
    authorization apikey",
);

/// Words that make a name secret at its end, in any spelling: `access_token`, `XAuth`, `signing-key`.
const AT_THE_END: &[u8] = &words::list(
    b" token auth session signature pwd jwt accesskey signingkey encryptionkey sshkey authkey accountkey masterkey \
    sharedkey servicekey rolekey hmackey securitycode appkey consumerkey writekey deploykey adminkey licensekey \
    recoverykey subscriptionkey clientkeydata clientkeypem accesscode authcode verificationcode backupcode recoverycode \
    pincode storepass keypass requirepass userpass dbpass iban passportnumber taxid nationalid socialsecuritynumber \
    accountnumber seedphrase mnemonic recoveryphrase privatemac connectionstring",
);

/// Words that make a name secret only as its whole last word, because harmless words end with the same letters:
/// `compass`, `spin`.
const LAST_WORD: &[u8] = &words::list(b" pass otp totp pin ssn cvv cvc sig sid creds csc pat pw psw");

/// Rarer words with the meaning of [`AT_THE_END`], which the browser module leaves out.
const RARE: &[u8] = &words::list(
    b" wpapsk presharedkey mfacode totpcode otpcode dbpw sessionkey clientassertion codeverifier devicecode idtokenhint backupcodes \
    recoverycodes securityanswer maidenname unsealkey isakmpkey serverkey tlskey",
);

/// Rarer words with the meaning of [`LAST_WORD`].
const RARE_LAST_WORD: &[u8] = &words::list(b" psk pw");

/// Last words of names that describe a secret and do not contain it: `token_type`, `password_policy`.
static ATTRIBUTES: &[u8] = &words::list(
    b" age algorithm at attempts banner byte bytes changed consent count created domain enabled endpoint error errors \
    exists expired expires expiry failed field fields hint in input invalid label length less limit max min missing \
    mode name names ok path policy prefix provider required reset rules size status strength timeout ttl type types \
    updated uri url valid version file dir stdin scheme exception warning service manager handler encoder factory store \
    validator helper controller filter request response settings module context ref",
);

/// Ends of names that look secret and are not: cursors, progress tokens and error names of services.
static HARMLESS: &[u8] = &words::list(
    b" progresstoken pagetoken nexttoken continuationtoken cancellationtoken canceltoken unexpectedtoken invalidtoken \
    expiredtoken missingtoken badtoken invalidsignature badsignature invalidsession badcredentials invalidcredentials \
    missingcredentials secretary",
);

/// Ends of names that name other things too: numbers of passed tests, pins of a board, signals, states of a session.
const WEAK: &[u8] =
    &words::list(b" session auth signature credentials credential creds cookies cookie token sig sid pin");

/// True if a value under a secret's name reveals nothing: a small number or a plain word under a name that has other
/// meanings too, as in `pass: 3` and `session: closed`.
pub(crate) fn is_plain(name: &[u8], value: &[u8], is_word_plain: bool) -> bool {
    if value.is_empty() {
        return false;
    }
    let is_number = value.iter().all(u8::is_ascii_digit);
    if words::has(&words::list(b" pass"), name, words::ANY_CASE) {
        return is_number && value.len() <= 6
            || words::has(&words::list(b" ok all none yes no fail"), value, words::ANY_CASE)
            // `--- PASS: TestCart (0.00s)`
            || cfg!(feature = "full") && name == b"PASS" && is_test(value);
    }
    let weak = words::find(WEAK, name, Place::End, words::ANY_CASE);
    let is_word =
        || value.len() < 16 && value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_'));
    // a plain word under `token` is the name of a token in a parser's message
    let is_token = name.len() >= weak && name.ends_with(b"token") | name.ends_with(b"Token");
    // `pin=BCM18` and `pin=D5` name a pin of a board
    let is_board = || {
        let letters = value.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let number = value.get(letters..).unwrap_or_default();
        // `PA5` of STM32 and `GP15`
        let is_port = letters == 2 && matches!(value, [b'P', ..] | [b'G', b'P', ..] | [b'I', b'O', ..]);
        (is_port || matches!(letters, 1 | 3 | 4))
            && matches!(number.len(), 1 | 2)
            && number.iter().all(u8::is_ascii_digit)
    };
    if cfg!(feature = "full") && words::find(b"\x03pin", name, Place::End, words::ANY_CASE) > 0 && is_board() {
        return true;
    }
    // no token has five characters, but the names of a parser's tokens have: `token: EOF1`
    if cfg!(feature = "full") && is_word_plain && is_token && weak > 0 && value.len() < 6 {
        return true;
    }
    weak > 0 && (is_number && value.len() <= 3 || (is_word_plain || !is_token) && is_word())
}

/// True for the name of a test or of a file.
fn is_test(value: &[u8]) -> bool {
    words::find(&words::list(b" test benchmark example fuzz"), value, words::Place::Start, words::ANY_CASE) > 0
        || value.iter().any(|byte| matches!(byte, b'/' | b'.' | b'_' | b'-'))
        || value.iter().all(u8::is_ascii_alphabetic)
}

/// True if a name ends with a `_KEY` of an environment variable, as in `STRIPE_KEY`.
pub(crate) fn is_variable(name: &[u8]) -> bool {
    static OTHERS: &[u8] = &words::list(
        b" primary foreign public cache partition sort hot row unique idempotency shard routing object registry group \
        index map lookup storage translation event issue config project composite natural surrogate hkey host",
    );
    let Some(head) = name.strip_suffix(b"_KEY") else { return false };
    let is_capital = !head.is_empty() && head.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    is_capital && words::find(OTHERS, head, Place::End, words::ANY_CASE) == 0
}

/// True if a key's value must be hidden. Every spelling counts: `api_key`, `X-Api-Key`, `apiKey`.
pub fn is_secret_key(key: &str) -> bool {
    names_secret(key.as_bytes()) || full(|| fold::text(key)).is_some_and(|key| names_secret(key.as_bytes()))
}

/// The same as [`is_secret_key`], for bytes.
pub(crate) fn names_secret(name: &[u8]) -> bool {
    let name = name.get(name.len().saturating_sub(MAX_NAME_BYTES)..).unwrap_or_default();
    let mut letters = [0_u8; MAX_NAME_BYTES];
    let (mut length, mut last_word) = (0, 0);
    let mut previous = 0_u8;
    let mut skip = 0;
    for &byte in name {
        // an escape such as `%5B` separates words, as the encoded bracket does
        skip = if byte == b'%' { 3 } else { skip };
        if skip > 0 || !(byte.is_ascii_alphabetic() || byte >= 0x80) {
            skip -= usize::from(skip > 0);
            previous = if byte.is_ascii_digit() { previous } else { 0 };
            continue;
        }
        if previous == 0 || byte.is_ascii_uppercase() && previous.is_ascii_lowercase() {
            last_word = length;
        }
        if let Some(letter) = letters.get_mut(length) {
            *letter = byte.to_ascii_lowercase();
            length += 1;
        }
        previous = byte;
    }
    let part = |start: usize| letters.get(start..length).unwrap_or_default();
    is_secret_name(part(0), part(last_word))
}

/// True if a name names a secret. `whole` are the name's letters in lower case, `last` those of its last word.
fn is_secret_name(whole: &[u8], last: &[u8]) -> bool {
    static LAST_WORD_FILTER: Filter = filter(LAST_WORD, Place::End);
    static END_FILTER: Filter = filter(AT_THE_END, Place::End);
    // a shortcut for `js` and `ts` before a line number, the most frequent names
    if whole.len() < 3 && whole != b"pw" {
        return false;
    }
    if may_end(last, &LAST_WORD_FILTER) && words::has(LAST_WORD, last, EXACT) {
        return true;
    }
    let ends = |list: &[u8]| words::find(list, whole, Place::End, EXACT) > 0;
    let is_rare = || {
        cfg!(feature = "full")
            && (ends(RARE) || words::has(RARE_LAST_WORD, last, EXACT) || foreign::is_name(whole, last))
    };
    let is_secret = may_end(whole, &END_FILTER) && ends(AT_THE_END) || contains_secret(whole) || is_rare();
    let is_attribute = || last.len() < whole.len() && words::has(ATTRIBUTES, last, EXACT);
    is_secret && !is_attribute() && !ends(HARMLESS)
}

fn contains_secret(name: &[u8]) -> bool {
    static FILTER: Filter = filter(ANYWHERE, Place::Start);
    let mut rest = name;
    while !rest.is_empty() {
        if may_start(rest, &FILTER) && words::find(ANYWHERE, rest, Place::Start, EXACT) > 0 {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}
