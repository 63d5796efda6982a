//! Recognises codes, which name an error and therefore stay: by their position (`exit code 137`, `[Errno 2]`,
//! `ORA-00942`, `React error #418`, `requires node 18`) or by their value (HTTP's and JSON-RPC's).

use super::number::{UNITS, is_one_of, letters};

/// Labels. A number after one of these is not a protocol code: `line 404`.
const LABELS: &str = "line column col position pos index row offset length size limit timeout page port pid after byte bytes id chunk \
    module width height";

/// Labels of codes, before a number of at most five digits.
const CODE_LABELS: &str = "code errno status exit signal rc hresult sqlstate sqlcode exitcode errorcode returncode";

/// Labels of codes that are words of sentences too, so that only a blank, `=` or `#` may stand between.
const SHORT_LABELS: &str = "error err errors";

/// Words before the name of a program whose version a message demands: `requires node 18`.
const DEMANDS: &str = "requires require required needs least";

/// Prefixes with which vendors number their messages.
const VENDORS: &str = "ORA TNS PLS RMAN IMP EXP UDI UDE DRG LRM KUP SQL DB CPF MSB CVE BEA JBO AMQ WSVR HHH EJB WFLY NU NETSDK \
    GHSA PG SQLSTATE IJ WFLYCTL WFLYEE RX NG VUE";

/// Returns true if the number names an error.
pub(super) fn is_code(number: &str, after: &str, before: &str) -> bool {
    let is_count = is_count(after);
    let value = number.parse::<i64>();
    match value {
        Ok(-32768..=-32000) => return true,
        Ok(400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511)
            if number.len() == 3
                && !is_count
                && !is_one_of(LABELS, last_word(before, &[' ', ':', '=']))
                && !before.ends_with(['#', '/', '.', '$']) =>
        {
            return true;
        }
        _ => {}
    }
    let is_short = value.is_ok() && number.trim_start_matches(['-', '+']).len() <= 5;
    is_short && !is_count && has_code_label(before, after) || is_vendor_code(number, after, before) || is_demand(before)
}

/// Returns true for an `HRESULT` or `NTSTATUS`, and for a short number with a label.
pub(super) fn is_hexadecimal_code(number: &str, before: &str) -> bool {
    let digits = &number[2..];
    digits.len() == 8 && digits.starts_with(['8', 'C', 'c']) || digits.len() <= 8 && has_code_label(before, " ")
}

fn is_count(after: &str) -> bool {
    let unit = after.strip_prefix([' ', '-']).unwrap_or(after);
    after.starts_with('%') || unit.starts_with('%') || is_one_of(UNITS, &unit[..letters(unit)])
}

fn has_code_label(before: &str, after: &str) -> bool {
    const SEPARATORS: [char; 8] = [' ', ':', '=', '\'', '"', '(', '#', '['];
    let close = last_word(before, &[' ', '=', '#']);
    let is_alone = after.is_empty() || after.starts_with([':', ')', ']']);
    is_one_of(CODE_LABELS, last_word(before, &SEPARATORS))
        || is_one_of(SHORT_LABELS, close)
        || is_alone && is_one_of(SHORT_LABELS, last_word(before, &[' ', ':', '=', '#']))
        || ["Error", "Code", "Status"].iter().any(|end| close.len() > end.len() && close.ends_with(end))
        || ["exited with ", "exit with ", "exits with "].iter().any(|words| before.ends_with(words))
}

/// Returns true for `ORA-00942`, and for a code at the beginning of the message or after its type: `: ABC-1234: …`.
fn is_vendor_code(number: &str, after: &str, before: &str) -> bool {
    let Some(before) = before.strip_suffix('-').filter(|_| number.bytes().all(|byte| byte.is_ascii_digit())) else {
        return false;
    };
    let length = before.bytes().rev().take(10).take_while(u8::is_ascii_uppercase).count();
    let (rest, prefix) = before.split_at(before.len() - length);
    if length < 2 || rest.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
        return false;
    }
    let begins = rest.is_empty() || rest.ends_with(": ") || rest.ends_with('[');
    is_one_of(VENDORS, prefix) || begins && number.len() >= 3 && after.starts_with([':', ']'])
}

/// Returns true after `requires NAME`, with or without `>=`.
fn is_demand(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '>', '=', '^', '~']);
    let name = last_word(before, &[]);
    let demand = &before[..before.len() - name.len()];
    !name.is_empty() && demand.ends_with(' ') && is_one_of(DEMANDS, last_word(demand, &[' ']))
}

/// Returns the word of letters at the end of the text, before these separators. Few of them are skipped, so that a long
/// run of them is not read again from each of its characters.
pub(super) fn last_word<'a>(text: &'a str, separators: &[char]) -> &'a str {
    let mut text = text;
    for _ in 0..4 {
        text = text.strip_suffix(separators).unwrap_or(text);
    }
    let length = text.bytes().rev().take(12).take_while(u8::is_ascii_alphabetic).count();
    &text[text.len() - length..]
}
