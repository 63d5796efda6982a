//! Base64 VLQ, the numbers of `mappings`.

/// The digit of each byte, or [`NONE`].
const DIGITS: [u8; 256] = digits();
/// Marks a byte that is no digit.
const NONE: u8 = 0xff;
/// Number of value bits in a digit.
const BITS: u32 = 5;
/// The bit that says that another digit follows.
const CONTINUES: u8 = 1 << BITS;

const fn digits() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = [NONE; 256];
    let mut at = 0;
    while at < alphabet.len() {
        #[expect(clippy::cast_possible_truncation, reason = "there are 64 digits")]
        let digit = at as u8;
        digits[alphabet[at] as usize] = digit;
        at += 1;
    }
    digits
}

/// A number that cannot be read, with the reason.
pub(crate) type NotVlq = &'static str;

/// Reads one number from the front of `text`.
///
/// # Errors
///
/// If the number is incomplete, has another character than a Base64 digit, or does not fit into 32 bits.
pub(crate) fn read(text: &mut &[u8]) -> Result<i64, NotVlq> {
    let mut value = 0_u64;
    let mut shift = 0_u32;
    loop {
        let Some((byte, rest)) = text.split_first() else { return Err("a number has no last digit") };
        let digit = DIGITS[usize::from(*byte)];
        if digit == NONE {
            return Err("a character is no Base64 digit");
        }
        *text = rest;
        let bits = u64::from(digit & (CONTINUES - 1));
        // zeros may follow without end
        if bits != 0 && shift > 32 {
            return Err("a number needs more than 32 bits");
        }
        value |= if shift > 32 { 0 } else { bits << shift };
        shift = shift.saturating_add(BITS);
        if digit & CONTINUES == 0 {
            break;
        }
    }
    let magnitude = i64::try_from(value >> 1).unwrap_or(i64::MAX);
    let number = match (value & 1, magnitude) {
        (0, magnitude) => magnitude,
        // "-0" stands for the smallest number
        (_, 0) => i64::from(i32::MIN),
        (_, magnitude) => -magnitude,
    };
    i32::try_from(number).map(i64::from).map_err(|_| "a number needs more than 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_standard_says() {
        for (text, expected) in [
            ("A", Ok(0)),
            ("C", Ok(1)),
            ("D", Ok(-1)),
            ("2H", Ok(123)),
            ("B", Ok(i64::from(i32::MIN))),
            ("+/////D", Ok(i64::from(i32::MAX))),
            ("igggggggggggggggggggA", Ok(1)),
            ("g", Err("a number has no last digit")),
            ("", Err("a number has no last digit")),
            ("=", Err("a character is no Base64 digit")),
            ("ggggggE", Err("a number needs more than 32 bits")),
            ("igggggggggggggggggggB", Err("a number needs more than 32 bits")),
        ] {
            assert_eq!(read(&mut text.as_bytes()), expected, "{text}");
        }
    }
}
