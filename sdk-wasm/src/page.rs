//! Dates, as the page's engine reads them, and as a report has them.

use js_sys::Date;

use crate::text::decimal;

/// A time in milliseconds since 1970 as RFC 3339 text. It is calculated here, because a JavaScript object of the module
/// would need a table of such objects.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time since 1970 is a positive integer")]
pub(crate) fn rfc3339(milliseconds: f64) -> String {
    let time = milliseconds as u64;
    let mut day = time / DAY_MS;
    let mut year = 1970;
    while day >= 365 + leap_day(year) {
        day -= 365 + leap_day(year);
        year += 1;
    }
    let mut month = 1;
    while day >= days_of(month, year) {
        day -= days_of(month, year);
        month += 1;
    }
    let mut text = decimal(year);
    for (sign, number, width) in [
        ('-', month, 2),
        ('-', day + 1, 2),
        ('T', time % DAY_MS / 3_600_000, 2),
        (':', time / 60_000 % 60, 2),
        (':', time / 1000 % 60, 2),
        ('.', time % 1000, 3),
    ] {
        text.push(sign);
        let digits = decimal(number);
        (digits.len()..width).for_each(|_| text.push('0'));
        text.push_str(&digits);
    }
    text.push('Z');
    text
}

const DAY_MS: u64 = 86_400_000;

fn leap_day(year: u64) -> u64 {
    u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
}

fn days_of(month: u64, year: u64) -> u64 {
    match month {
        2 => 28 + leap_day(year),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `Retry-After`, in seconds or as a date, in milliseconds from now.
pub(crate) fn requested_wait(retry_after: &str) -> Option<f64> {
    crate::retry::seconds(retry_after).or_else(|| {
        let date = Date::parse(retry_after);
        date.is_finite().then(|| (date - Date::now()).max(0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_text() {
        for (milliseconds, text) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999.0, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000.0, "2000-02-29T00:00:00.000Z"),
            (1_795_782_912_345.0, "2026-11-27T12:35:12.345Z"),
            (1_830_297_599_000.0, "2027-12-31T23:59:59.000Z"),
            (4_107_542_400_001.0, "2100-03-01T00:00:00.001Z"),
        ] {
            assert_eq!(rfc3339(milliseconds), text);
        }
    }
}
