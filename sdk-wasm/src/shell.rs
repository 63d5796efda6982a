//! What the hand-written JavaScript shell hands over: plain objects, read field by field and only when needed.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// One call, as the shell keeps it until it is settled.
    pub type Call;

    /// 0: a request, 1: a notification, 2: a batch.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn kind(this: &Call) -> u32;
    /// The id on the wire; undefined for notifications; for a batch null if it expects no answer.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &Call) -> JsValue;
    /// The JSON-RPC method.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn method(this: &Call) -> String;
    /// The tool's name, if a tool is called.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn tool(this: &Call) -> JsValue;
    /// The parameters as JSON text, exactly as they were sent.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn params(this: &Call) -> JsValue;
    /// Whether the caller marked the call as safe to repeat; undefined leaves it to the method.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn idempotent(this: &Call) -> Option<bool>;
    /// The calls of a batch.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn members(this: &Call) -> Option<js_sys::Array>;
    /// The timeout of one attempt, in milliseconds.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn timeout(this: &Call) -> u32;
    /// How often the call has been sent again.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn repeats(this: &Call) -> u32;
    /// `performance.now()` at the call.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn started(this: &Call) -> f64;
    /// The `Error` made at the call, for its stack.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn trace(this: &Call) -> Thrown;

    /// What became of one attempt.
    pub type Outcome;

    /// The HTTP status; 0 when there was no answer.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(this: &Outcome) -> u16;
    /// The HTTP status text.
    #[wasm_bindgen(method, getter, js_name = statusText)]
    pub(crate) fn status_text(this: &Outcome) -> String;
    /// The `Retry-After` header.
    #[wasm_bindgen(method, getter, js_name = retryAfter)]
    pub(crate) fn retry_after(this: &Outcome) -> Option<String>;
    /// The body.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn text(this: &Outcome) -> js_sys::JsString;
    /// The body as JSON; undefined when it is none.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn message(this: &Outcome) -> JsValue;
    /// The whole batch's replies, when this is the outcome of one of its members.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn replies(this: &Outcome) -> JsValue;
    /// Whether the timeout ended the attempt.
    #[wasm_bindgen(method, getter, js_name = timedOut)]
    pub(crate) fn timed_out(this: &Outcome) -> bool;
    /// What `fetch` threw; undefined when it did not.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn thrown(this: &Outcome) -> Thrown;

    /// An `Error`, or whatever else was thrown.
    #[derive(Clone)]
    pub(crate) type Thrown;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn name(this: &Thrown) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = message)]
    pub(crate) fn reason(this: &Thrown) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn stack(this: &Thrown) -> JsValue;

    /// An object read from JSON. Ask [`JsValue::is_object`] first: the getters of `null` throw.
    #[derive(Clone)]
    pub(crate) type Answer;

    #[wasm_bindgen(method, getter, js_name = jsonrpc)]
    pub(crate) fn version(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = id)]
    pub(crate) fn answered_id(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn result(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn error(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn code(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = message)]
    pub(crate) fn said(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn data(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = isError)]
    pub(crate) fn is_error(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn content(this: &Answer) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = text)]
    pub(crate) fn words(this: &Answer) -> JsValue;
}

// The glue that wasm-bindgen writes to npm/pkg imports the shell's own class, so that `instanceof` holds.
#[wasm_bindgen(raw_module = "../src/error.js")]
extern "C" {
    #[wasm_bindgen(js_name = MCPError)]
    pub(crate) type McpError;

    #[wasm_bindgen(constructor, js_class = "MCPError")]
    pub(crate) fn new(code: &JsValue, message: &str, data: &JsValue) -> McpError;
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_stack(this: &McpError, stack: &str);
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_cause(this: &McpError, cause: &JsValue);
}
