//! Dates and random numbers from the page, or from Node.

use js_sys::Date;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // Named by its path, because it may be missing. The call then throws.
    #[wasm_bindgen(catch, js_namespace = ["globalThis", "crypto"], js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]) -> Result<(), JsValue>;
}

/// A time in milliseconds since 1970 as RFC 3339 text.
pub(crate) fn rfc3339(milliseconds: f64) -> String {
    Date::new(&JsValue::from_f64(milliseconds)).to_iso_string().into()
}

/// `Retry-After`, in seconds or as a date, in milliseconds from now.
pub(crate) fn requested_wait(retry_after: &str) -> Option<f64> {
    crate::retry::seconds(retry_after).or_else(|| {
        let date = Date::parse(retry_after);
        date.is_finite().then(|| (date - Date::now()).max(0.0))
    })
}

/// A UUID of version 7, which begins with the time, because a store keeps ids in their order, and random ones cost it a page
/// each. The rest is random bytes, because `crypto.randomUUID` exists on secure pages only.
pub(crate) fn uuid() -> String {
    let mut bytes = random_bytes();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since 1970 have 48 bits"
    )]
    bytes[..6].copy_from_slice(&(Date::now() as u64).to_be_bytes()[2..]);
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    hexadecimal(&bytes, true)
}

/// 128 random bits in hexadecimal digits.
pub(crate) fn random_id() -> String {
    hexadecimal(&random_bytes(), false)
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    let filled = get_random_values(&mut bytes).is_ok();
    if !filled {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to below 256")]
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

/// Bytes in hexadecimal digits, with the dashes of a UUID or without.
fn hexadecimal(bytes: &[u8; 16], with_dashes: bool) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::new();
    for byte in bytes {
        if with_dashes && matches!(text.len(), 8 | 13 | 18 | 23) {
            text.push('-');
        }
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
