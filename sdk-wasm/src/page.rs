//! What the page (or Node) knows of itself: address, browser, clock and randomness.

use js_sys::Date;
use wasm_bindgen::prelude::*;
use web_sys::{Crypto, Location, Navigator, Url};

#[wasm_bindgen]
extern "C" {
    // `undefined` where they do not exist; no window is needed, so that workers and Node are served as well.
    #[wasm_bindgen(thread_local_v2, js_namespace = globalThis, js_name = location)]
    static LOCATION: Option<Location>;
    #[wasm_bindgen(thread_local_v2, js_namespace = globalThis, js_name = navigator)]
    static NAVIGATOR: Option<Navigator>;
    #[wasm_bindgen(thread_local_v2, js_namespace = globalThis, js_name = crypto)]
    static CRYPTO: Option<Crypto>;

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

std::thread_local! {
    /// Stands for this page view, so that the service can count distinct clients.
    static CLIENT: String = hexadecimal(&random_bytes());
}

/// Milliseconds on the clock that only goes forward.
pub(crate) fn stopwatch() -> f64 {
    performance_now()
}

/// A moment, given in milliseconds since 1970, as RFC 3339 text.
pub(crate) fn rfc3339(milliseconds: f64) -> String {
    Date::new(&JsValue::from_f64(milliseconds)).to_iso_string().into()
}

/// `Retry-After` in milliseconds from now, whichever form it has.
pub(crate) fn asked_wait(retry_after: &str) -> Option<f64> {
    crate::retry::seconds(retry_after).or_else(|| {
        let moment = Date::parse(retry_after);
        moment.is_finite().then(|| (moment - Date::now()).max(0.0))
    })
}

/// The browser.
pub(crate) fn user_agent() -> Option<String> {
    NAVIGATOR.with(|navigator| navigator.as_ref()?.user_agent().ok())
}

/// The page's address without credentials and without the fragment, which may hold tokens.
pub(crate) fn address() -> Option<String> {
    let href = LOCATION.with(|location| location.as_ref()?.href().ok())?;
    without_credentials(&href)
}

/// An absolute address without credentials and fragment; `None` if it is not one.
pub(crate) fn without_credentials(address: &str) -> Option<String> {
    let url = Url::new(address).ok()?;
    url.set_username("");
    url.set_password("");
    url.set_hash("");
    Some(url.href())
}

/// Whether a request to this address leaves the page's origin. Outside of a page nothing does.
pub(crate) fn is_foreign(address: &str) -> bool {
    LOCATION.with(|location| {
        let Some(location) = location else { return false };
        let (Ok(base), Ok(origin)) = (location.href(), location.origin()) else { return true };
        Url::new_with_base(address, &base).is_ok_and(|url| url.origin() != origin)
    })
}

/// Gives the browser a text to post without us, as `text/plain`; false if it does not take it.
pub(crate) fn send_beacon(address: &str, text: &str) -> bool {
    NAVIGATOR.with(|navigator| {
        navigator
            .as_ref()
            .is_some_and(|navigator| navigator.send_beacon_with_opt_str(address, Some(text)).unwrap_or(false))
    })
}

/// This page view's mark.
pub(crate) fn client() -> String {
    CLIENT.with(Clone::clone)
}

/// A random UUID. `crypto.randomUUID` exists on secure pages only; the bytes do everywhere.
pub(crate) fn uuid() -> String {
    let mut bytes = random_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hexadecimal(&bytes);
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    let filled = CRYPTO.with(|crypto| {
        crypto.as_ref().is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok())
    });
    if !filled {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 up to 256")]
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}
