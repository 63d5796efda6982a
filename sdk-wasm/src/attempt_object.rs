//! `AttemptObject`: the JavaScript object that describes a failed attempt. Each property read is one call of a getter.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A failed attempt, as an object of the shell.
    pub type AttemptObject;

    /// The kind of the call, as in `shared_numbers.rs`.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn kind(this: &AttemptObject) -> u8;

    /// The flags of the call.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn flags(this: &AttemptObject) -> u32;

    /// The number of retries so far.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn repeats(this: &AttemptObject) -> u32;

    /// The timeout of the attempt, in milliseconds.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn timeout(this: &AttemptObject) -> u32;

    /// The call's method; of a batch the methods of all calls, one per line.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn methods(this: &AttemptObject) -> String;

    /// The HTTP status; 0 without a response.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(this: &AttemptObject) -> u16;

    /// The facts about the response.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn facts(this: &AttemptObject) -> u32;

    /// The code of the server's error; not a number if it has none.
    #[wasm_bindgen(method, getter, js_name = errorCode)]
    pub(crate) fn error_code(this: &AttemptObject) -> f64;

    /// The message of the server's error: the JSON-RPC error's, a JSON body's, or the HTTP status text.
    #[wasm_bindgen(method, getter, js_name = serverMessage)]
    pub(crate) fn server_message(this: &AttemptObject) -> String;

    /// The beginning of the body.
    #[wasm_bindgen(method, getter, js_name = bodyStart)]
    pub(crate) fn body_start(this: &AttemptObject) -> String;

    /// The response's id and the call's, as in `7, not 8`.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn ids(this: &AttemptObject) -> String;

    /// The header `Retry-After`.
    #[wasm_bindgen(method, getter, js_name = retryAfter)]
    pub(crate) fn retry_after(this: &AttemptObject) -> Option<String>;
}
