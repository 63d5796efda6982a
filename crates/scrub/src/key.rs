//! Which names are names of secrets.

/// Names longer than this are judged by their end.
pub(crate) const LONGEST: usize = 64;

/// Secret wherever they stand in a name, unless the name ends in one of [`ATTRIBUTES`].
static ANYWHERE: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "privatekey",
    "secret",
    "sessionid",
    "sessid",
    "credential",
    "cookie",
    "cardnumber",
    "creditcard",
    "authorization",
    "apikey",
];

/// Secret at the end of a name, written in any way: `access_token`, `XAuth`, `signing-key`.
static AT_THE_END: [&str; 18] = [
    "token",
    "auth",
    "session",
    "signature",
    "pwd",
    "jwt",
    "accesskey",
    "signingkey",
    "encryptionkey",
    "sshkey",
    "authkey",
    "accountkey",
    "masterkey",
    "sharedkey",
    "servicekey",
    "rolekey",
    "hmackey",
    "securitycode",
];

/// Secret only as a whole last word, since longer words end like this.
static LAST_WORD: [&str; 11] = ["pass", "otp", "totp", "pin", "ssn", "cvv", "cvc", "sig", "sid", "creds", "csc"];

/// Last words that make it a statement about the secret instead of the secret.
static ATTRIBUTES: [&str; 59] = [
    "age",
    "algorithm",
    "at",
    "attempts",
    "banner",
    "byte",
    "bytes",
    "changed",
    "consent",
    "count",
    "created",
    "domain",
    "enabled",
    "endpoint",
    "error",
    "errors",
    "exists",
    "expired",
    "expires",
    "expiry",
    "failed",
    "field",
    "fields",
    "hint",
    "in",
    "input",
    "invalid",
    "label",
    "length",
    "less",
    "limit",
    "max",
    "min",
    "missing",
    "mode",
    "name",
    "names",
    "ok",
    "path",
    "policy",
    "prefix",
    "provider",
    "required",
    "reset",
    "rules",
    "size",
    "status",
    "strength",
    "timeout",
    "ttl",
    "type",
    "types",
    "updated",
    "uri",
    "url",
    "valid",
    "version",
    "stdin",
    "scheme",
];

/// Names whose end looks secret and is not: cursors, progress and the error names of services.
static HARMLESS: [&str; 18] = [
    "progresstoken",
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "cancellationtoken",
    "canceltoken",
    "unexpectedtoken",
    "invalidtoken",
    "expiredtoken",
    "missingtoken",
    "badtoken",
    "invalidsignature",
    "badsignature",
    "invalidsession",
    "badcredentials",
    "invalidcredentials",
    "missingcredentials",
    "secretary",
];

/// Whether values under this key are to be hidden, however the key is written: `api_key`, `X-Api-Key`, `apiKey`.
pub fn is_secret_key(key: &str) -> bool {
    let bytes = key.as_bytes();
    let bytes = &bytes[bytes.len().saturating_sub(LONGEST)..];
    let mut letters = [0_u8; LONGEST];
    let (mut length, mut last_word) = (0, 0);
    let mut previous = 0_u8;
    let mut skip = 0;
    for &byte in bytes {
        // `%5B` and its kind separate like the brackets they stand for
        skip = if byte == b'%' { 3 } else { skip };
        if skip > 0 || !(byte.is_ascii_alphabetic() || byte >= 0x80) {
            skip -= usize::from(skip > 0);
            previous = if byte.is_ascii_digit() { previous } else { 0 };
            continue;
        }
        if previous == 0 || byte.is_ascii_uppercase() && previous.is_ascii_lowercase() {
            last_word = length;
        }
        letters[length] = byte.to_ascii_lowercase();
        length += 1;
        previous = byte;
    }
    let (whole, last) = (&letters[..length], &letters[last_word..length]);
    judge(whole, last)
}

fn judge(whole: &[u8], last: &[u8]) -> bool {
    let ends = |word: &str| whole.last() == word.as_bytes().last() && whole.ends_with(word.as_bytes());
    let is = |word: &str| last == word.as_bytes();
    // `js` and `ts` in front of a line number are the most frequent names of all
    if whole.len() < 3 {
        return false;
    }
    if LAST_WORD.into_iter().any(is) {
        return true;
    }
    let is_secret = AT_THE_END.into_iter().any(ends) || (0..whole.len()).any(|start| begins_secret(&whole[start..]));
    is_secret && !(whole != last && ATTRIBUTES.into_iter().any(is)) && !HARMLESS.into_iter().any(ends)
}

fn begins_secret(letters: &[u8]) -> bool {
    // asked at every letter of every name: most are turned away by their first one
    matches!(letters.first(), Some(b'p' | b's' | b'c' | b'a'))
        && ANYWHERE
            .iter()
            .any(|word| letters.first() == word.as_bytes().first() && letters.starts_with(word.as_bytes()))
}
