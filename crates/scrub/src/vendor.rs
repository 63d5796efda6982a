//! Tokens that their issuer's prefix gives away, in one table: prefixes, alphabet, minimum length.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BASE64URL, CAPITALS_AND_DIGITS, DOTTED, HEX, Set};
use crate::token::TOKEN;
use crate::value::has_digit_and_letter;
use crate::words::{self, Place};

/// A form of tokens. The tests name the issuer's document for each prefix.
struct Form {
    /// Prefixes; each ends with a byte that the scanner stops at: `_`, `-`, `.` or `/`.
    prefixes: &'static [u8],
    /// Minimum number of characters after the prefix.
    min: usize,
    set: &'static Set,
    /// True if the rest must contain a letter and a digit, because words begin with such a prefix too.
    is_mixed: bool,
}

/// Forms of all tokens with a prefix; in the browser module only the most common ones, for its size.
static FORMS: [Form; if cfg!(feature = "full") { 11 } else { 4 }] = [
    Form {
        // these are also the beginnings of names, so they need the length of a token without separators
        #[cfg(not(feature = "full"))]
        prefixes: &words::list(b" npm_"),
        #[cfg(feature = "full")]
        prefixes: &words::list(
            b" npm_ nfp_ rnd_ r8_ secret_ pnu_ bkua_ rubygems_ tfp_ rdme_ test_ live_ vcp_ aio_ \
            unkey_ tr_dev_ tr_prod_ CLOJARS_ phx_ fc- ctx7sk- bb_live_ fw_ cal_live_ \
            csk- m0- sk_ ak_ pa-",
        ),
        min: 22,
        set: &ALPHANUMERIC,
        is_mixed: true,
    },
    #[cfg(feature = "full")]
    Form {
        prefixes: &words::list(
            b" hf_ xai- ico- pplx- ntn_ gsk_ api_org_ lin_api_ lin_oauth_ e2b_ jina_ napi_ rpa_",
        ),
        min: 30,
        set: &ALPHANUMERIC,
        is_mixed: false,
    },
    Form {
        prefixes: &words::list(
            b" ghp_ gho_ ghu_ ghs_ ghr_ sk_live_ pk_live_ rk_live_ sk_test_ rk_test_ whsec_ shpat_ shpss_ shppa_ \
            shpca_ shpit_ shpua_ sbp_ dop_v1_ doo_v1_ dor_v1_ shippo_live_ shippo_test_ figd_ figo_",
        ),
        min: 10,
        set: &ALPHANUMERIC,
        is_mixed: false,
    },
    Form {
        prefixes: &words::list(
            b" tgp_v1_ github_pat_ zpka_ sb_secret_ glsa_ apify_api_ duffel_live_ duffel_test_ sntryu_ dckr_pat_ dckr_oat_ \
            pscale_tkn_ pscale_pw_ pscale_oauth_ lsv2_pt_ lsv2_sk_ xoxa- xoxb- xoxc- xoxd- xoxe- xoxp- xoxo- xoxs- \
            xoxr- xapp- GOCSPX- PMAK- HRKU- CFPAT- NRAK- NRJS- NRII- NRAA- SWMTKN- AGE-SECRET-KEY- tskey-auth- \
            tskey-api- tskey-client- xkeysib- xsmtpsib- FLWSECK- FLWSECK_TEST- nvapi- tvly- sq0atp- sq0csp-",
        ),
        min: 12,
        set: &BASE64URL,
        is_mixed: true,
    },
    Form {
        prefixes: &words::list(
            b" glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt- ya29. hvs. \
            hvb. hvr. mlsn. dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dt0c01. dt0s16. atlasv1.",
        ),
        min: 16,
        set: &DOTTED,
        is_mixed: true,
    },
    #[cfg(feature = "full")]
    Form { prefixes: &words::list(b" pypi- SG. sl. 1//"), min: 40, set: &DOTTED, is_mixed: true },
    #[cfg(feature = "full")]
    Form { prefixes: &words::list(b" pcsk_ ops_ sgp_ glc_ sntrys_ CCIPAT_"), min: 40, set: &PADDED, is_mixed: true },
    #[cfg(feature = "full")]
    Form { prefixes: &words::list(b" fm1_ fm2_ fm1r_ fm1a_ fo1_"), min: 20, set: &PADDED, is_mixed: true },
    #[cfg(feature = "full")]
    Form { prefixes: &words::list(b" vercel_blob_rw_ vercel_blob_ro_"), min: 20, set: &BASE64URL, is_mixed: true },
    #[cfg(feature = "full")]
    Form { prefixes: &words::list(b" v1.0-"), min: 80, set: &PADDED, is_mixed: true },
    #[cfg(feature = "full")]
    Form {
        prefixes: &words::list(b" key- pul- access-sandbox- access-production- access-development- pat-na1- pat-eu1-"),
        min: 32,
        set: &DASHED_HEX,
        is_mixed: true,
    },
];

/// A filter like [`words::filter`], with 2048 bits, because there are many prefixes.
static FILTER: [u64; 32] = {
    let mut filter = [0; 32];
    let mut form = 0;
    while form < FORMS.len() {
        let list = FORMS[form].prefixes;
        let mut index = 0;
        while index < list.len() {
            let end = index + list[index] as usize;
            let bits = filter_bits([list[end - 2], list[end - 1], list[end]]);
            filter[bits.0 / 64] |= 1 << (bits.0 % 64);
            filter[bits.1 / 64] |= 1 << (bits.1 % 64);
            index = end + 1;
        }
        form += 1;
    }
    filter
};

/// The two bits of three letters.
const fn filter_bits([first, second, third]: [u8; 3]) -> (usize, usize) {
    let letters = first as u32 | (second as u32) << 8 | (third as u32) << 16;
    let product = letters.wrapping_mul(0x9E37_79B1);
    ((product >> 21) as usize, (product >> 10 & 2047) as usize)
}

/// True if a prefix may end with the byte at an index. Most bytes of this kind end none.
#[inline]
pub(crate) fn may_end(input: &Input<'_>, at: usize) -> bool {
    let [first, second] = [at.wrapping_sub(2), at.wrapping_sub(1)].map(|at| input.at(at));
    let bits = filter_bits([first, second, input.at(at)]);
    let has = |bit: usize| FILTER[bit / 64] >> (bit % 64) & 1 != 0;
    has(bits.0) && has(bits.1) || (first, second) == (b's', b'k')
}

/// Checks the last byte of a prefix.
pub(crate) fn prefixed(input: &Input<'_>, at: usize) -> Option<Found> {
    let body = at + 1;
    let head = input.part(input.floor, body);
    let last = *head.last_chunk()?;
    if last == *b"sk-" {
        return secret_key(input, body);
    }
    // a shortcut: no form is shorter than ten characters
    if input.run(body, 10, &ANY) < 10 {
        return None;
    }
    // the longest prefix, because `github_pat_` ends with another one
    let lengths = FORMS.iter().map(|form| (words::find(form.prefixes, head, Place::End, words::EXACT), form));
    let (length, form) = lengths.max_by_key(|(length, _)| *length)?;
    (length > 0 && input.begins_word(body - length)).then(|| rest(input, body - length, body, form)).flatten()
}

fn rest(input: &Input<'_>, start: usize, body: usize, form: &Form) -> Option<Found> {
    /// Enough to judge a token. The limit keeps the work linear for text that is full of prefixes.
    const JUDGED_BYTES: usize = 512;
    let length = input.run(body, JUDGED_BYTES, form.set);
    if length < form.min || form.is_mixed && !has_digit_and_letter(input.part(body, body + length)) {
        return None;
    }
    let mut end = input.run_end(body, form.set);
    // a full stop at the end belongs to the sentence
    while input.at(end - 1) == b'.' {
        end -= 1;
    }
    // the name before `.atlasv1.` and `.xoxp-` belongs to the token
    let is_inner = input.before(start) == b'.' && matches!(input.at(start), b'a' | b'x');
    let start = if is_inner { input.run_start(start - 1, 20, &ALPHANUMERIC) } else { start };
    Some(Found::new(start, end, TOKEN))
}

/// A form whose prefix ends with a letter: the bytes before the trigger, those from it on, and the number and alphabet
/// of the bytes after them.
type Lettered = (&'static [u8], &'static [u8], usize, usize, &'static Set);

static LETTERED: [Lettered; if cfg!(feature = "full") { 18 } else { 5 }] = [
    (b"", b"AKIA", 16, 16, &CAPITALS_AND_DIGITS),
    (b"", b"ASIA", 16, 16, &CAPITALS_AND_DIGITS),
    (b"", b"ABIA", 16, 16, &CAPITALS_AND_DIGITS),
    (b"", b"ACCA", 16, 16, &CAPITALS_AND_DIGITS),
    (b"", b"AIza", 30, 35, &BASE64URL),
    #[cfg(feature = "full")]
    (b"", b"ATATT3", 40, 400, &PADDED),
    #[cfg(feature = "full")]
    (b"", b"ATCTT3", 40, 400, &PADDED),
    #[cfg(feature = "full")]
    (b"", b"ATBB", 28, 40, &ALPHANUMERIC),
    #[cfg(feature = "full")]
    (b"", b"AKCp", 40, 90, &ALPHANUMERIC),
    #[cfg(feature = "full")]
    (b"", b"AKID", 28, 40, &ALPHANUMERIC),
    #[cfg(feature = "full")]
    (b"LT", b"AI", 12, 30, &ALPHANUMERIC),
    #[cfg(feature = "full")]
    (b"E", b"AA", 60, 400, &BASE64URL),
    #[cfg(feature = "full")]
    (b"E", b"AACEdEose0cBA", 10, 400, &BASE64URL),
    #[cfg(feature = "full")]
    (b"", b"AAAAAAAAAAAAAAAAAAAAA", 60, 200, &ESCAPED),
    #[cfg(feature = "full")]
    (b"S", b"K", 32, 32, &HEX),
    #[cfg(feature = "full")]
    (b"da", b"pi", 32, 34, &DASHED_HEX),
    #[cfg(feature = "full")]
    (b"x", b"prv", 90, 120, &ALPHANUMERIC),
    #[cfg(feature = "full")]
    (b"EZ", b"AK", 50, 60, &ALPHANUMERIC),
];

static PADDED: Set = BASE64URL.with(b"=+/");
static ANY: Set = PADDED.with(b".");
#[cfg(feature = "full")]
static ESCAPED: Set = PADDED.with(b"%");
#[cfg(feature = "full")]
static DASHED_HEX: Set = HEX.with(b"-");

/// Checks an `A`, `K` or `p` within a prefix of letters, such as `AKIA` and `dapi`.
pub(crate) fn lettered(input: &Input<'_>, at: usize) -> Option<Found> {
    // a shortcut: few letters stand around a `K` or `p` in a prefix
    let may_match = match input.at(at) {
        b'A' => input.at(at + 1).is_ascii_uppercase(),
        b'K' => input.before(at) == b'S',
        b'p' => matches!((input.before(at), input.at(at + 1)), (b'a', b'i') | (b'x', b'r')),
        _ => false,
    };
    if !may_match {
        return None;
    }
    LETTERED.iter().find_map(|(before, letters, min, max, set)| {
        let body = at + letters.len();
        if !input.has(at, letters) || !input.has_before(at, before) {
            return None;
        }
        let (start, length) = (at - before.len(), input.run(body, max + 1, set));
        (length >= *min && length <= *max && input.begins_word(start)).then(|| Found::new(start, body + length, TOKEN))
    })
}

/// A key `sk-…`. It must be long or have a digit, because words end with `sk-` and CSS classes begin with it.
fn secret_key(input: &Input<'_>, body: usize) -> Option<Found> {
    let start = body - 3;
    let length = input.run(body, 48, &BASE64URL);
    let has_digit = input.part(body, body + length).iter().any(u8::is_ascii_digit);
    let is_key = length >= 48 || length >= 16 && has_digit;
    (is_key && input.begins_word(start)).then(|| Found::new(start, input.run_end(body, &BASE64URL), TOKEN))
}

/// Checks a dot: prefixes that end with it, and the tokens of Discord (`M….….…`) and Airtable (`pat….…`).
pub(crate) fn dotted(input: &Input<'_>, dot: usize) -> Option<Found> {
    if input.at(dot + 7) == b'.' && matches!(input.at(dot + 8), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
        let start = input.run_start(dot, 30, &BASE64URL);
        let end = dot + 8 + input.run(dot + 8, 45, &BASE64URL);
        let is_discord = matches!(input.at(start), b'M' | b'N' | b'O')
            && (23..=28).contains(&(dot - start))
            && input.run(dot + 1, 6, &BASE64URL) == 6
            && end >= dot + 8 + 27;
        if is_discord {
            return Some(Found::new(start, end, TOKEN));
        }
    }
    if dot >= 17
        && input.at(dot - 17) == b'p'
        && input.has(dot - 17, b"pat")
        && input.run(dot + 1, 65, &HEX) == 64
        && input.begins_word(dot - 17)
    {
        return Some(Found::new(dot - 17, dot + 65, TOKEN));
    }
    if may_end(input, dot) { prefixed(input, dot) } else { None }
}

/// Checks the `~` of a client secret of Microsoft Entra: three characters, a digit, `Q~` and 31 to 34 characters.
pub(crate) fn client_secret(input: &Input<'_>, at: usize) -> Option<Found> {
    static REST: Set = DOTTED.with(b"~");
    let start = at.checked_sub(5)?;
    let length = input.run(at + 1, 40, &REST);
    let is_secret = input.has_before(at, b"Q")
        && input.at(at - 2).is_ascii_digit()
        && input.run(start, 3, &REST) == 3
        && (29..=36).contains(&length);
    is_secret.then(|| Found::new(start, at + 1 + length, TOKEN))
}

/// Checks the colon of a bot's token of Telegram, `12345678:AA…`, also after `bot` in a URL.
pub(crate) fn bot(input: &Input<'_>, colon: usize) -> Option<Found> {
    if input.at(colon + 1) != b'A' || !input.before(colon).is_ascii_digit() {
        return None;
    }
    let start = input.run_start(colon, 12, &crate::set::DIGITS);
    let length = input.run(colon + 1, 50, &BASE64URL);
    let is_token = input.has(colon + 1, b"AA") && (7..=11).contains(&(colon - start)) && length >= 30;
    is_token.then(|| Found::new(start, colon + 1 + length, TOKEN))
}

/// Checks the colon of an account and its token of Twilio, `AC…:…`, each of 32 hexadecimal digits.
pub(crate) fn account(input: &Input<'_>, colon: usize) -> Option<Found> {
    let start = colon.checked_sub(34)?;
    let is_account = HEX.has(input.before(colon))
        && input.has(start, b"AC")
        && start >= input.floor
        && input.run(start + 2, 33, &HEX) == 32
        && input.run(colon + 1, 33, &HEX) == 32;
    (is_account && input.begins_word(start)).then(|| Found::new(start, colon + 33, crate::CREDENTIALS))
}
