//! Verdicts on answers: is this a JSON-RPC 2.0 answer to that call, and if not, what is wrong with it?

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use crate::failure::Failure;
use crate::shell::{Answer, Call, Outcome};

/// Longest piece of an unusable answer that the error carries, in UTF-16 units.
const EXCERPT: u32 = 500;

/// A value as an object whose members may be read.
pub(crate) fn object(value: &JsValue) -> Option<&Answer> {
    // Members of JSON values only: no proxies, no getters that run code.
    value.is_object().then(|| value.unchecked_ref())
}

/// Whether this is a success: exactly version 2.0, our id with its type, a result and no error.
pub(crate) fn succeeded(id: &JsValue, version: &JsValue, message: &JsValue) -> bool {
    object(message).is_some_and(|answer| {
        // JSON has no undefined, so "undefined" means that the member is absent; a result of null is a success.
        answer.version() == *version
            && answer.answered_id() == *id
            && !answer.result().is_undefined()
            && is_absent(&answer.error())
    })
}

/// The replies of a batch in the order of its calls; undefined where a call got none.
///
/// A reply to nobody is ignored, and so is a second reply to the same call.
pub(crate) fn in_order(calls: &Array, message: &JsValue) -> Array {
    let mut places: Vec<(f64, u32)> = Vec::new();
    for (place, call) in (0..).zip(calls.iter()) {
        if let Some(id) = call.unchecked_ref::<Call>().id().as_f64() {
            places.push((id, place));
        }
    }
    // Ids rise in the order of the calls, so `places` is sorted already.
    let replies = Array::new_with_length(calls.length());
    for reply in message.unchecked_ref::<Array>().iter() {
        // A text id is no number: "1" answers nobody.
        let id = object(&reply).and_then(|reply| reply.answered_id().as_f64());
        let found = id.and_then(|id| places.binary_search_by(|(known, _)| known.total_cmp(&id)).ok());
        if let Some((_, place)) = found.map(|at| places[at])
            && replies.get(place).is_undefined()
        {
            replies.set(place, reply);
        }
    }
    replies
}

/// What went wrong with an attempt that did not succeed, and the `data` its error carries.
pub(crate) fn diagnose(call: &Call, outcome: &Outcome) -> (Failure, JsValue) {
    if outcome.timed_out() {
        return (Failure::Timeout(call.timeout()), JsValue::UNDEFINED);
    }
    let status = outcome.status();
    if status == 0 {
        return (Failure::Network, JsValue::UNDEFINED);
    }
    let message = outcome.message();
    // 429 and 503 stay HTTP errors whatever their body says: they are the two that may always be sent again.
    if !matches!(status, 429 | 503)
        && let Some((failure, data)) = server_error(call, &message)
    {
        return (failure, data);
    }
    let excerpt = JsValue::from(outcome.text().slice(0, EXCERPT));
    if !(200..300).contains(&status) {
        return (Failure::Http { status, detail: detail(outcome, &message) }, excerpt);
    }
    (Failure::Invalid(flaw(call, outcome, &message)), excerpt)
}

/// The JSON-RPC error in an answer to this call, or to the POST as a whole.
fn server_error(call: &Call, message: &JsValue) -> Option<(Failure, JsValue)> {
    let answer = object(message)?;
    let error = answer.error();
    let error = object(&error)?;
    let id = answer.answered_id();
    // With a null or absent id the server could not read the request's id; one POST carries one request.
    let ours = is_absent(&id) || id == call.id();
    let code = error.code().as_f64().filter(|code| code.fract() == 0.0)?;
    if !ours || answer.version().as_string()? != "2.0" || !answer.result().is_undefined() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and a code beyond 64 bits may saturate")]
    let code = code as i64;
    Some((Failure::Rpc { code, message: error.said().as_string().unwrap_or_default() }, error.data()))
}

/// What the server said about its HTTP error.
fn detail(outcome: &Outcome, message: &JsValue) -> String {
    let said = object(message).and_then(|body| {
        let inner = body.error();
        body.said().as_string().or_else(|| object(&inner)?.said().as_string()).or_else(|| inner.as_string())
    });
    said.unwrap_or_else(|| outcome.status_text())
}

/// What is wrong with an answer, as the end of the sentence "The answer from … ".
fn flaw(call: &Call, outcome: &Outcome, message: &JsValue) -> String {
    let text = outcome.text();
    if message.is_undefined() {
        // A batch was answered with an array, but not to this member of it.
        if call.kind() == 0 && Array::is_array(&outcome.replies()) {
            return "holds no reply to this call".to_owned();
        }
        let start = text.trim_start().slice(0, 6).as_string().unwrap_or_default();
        return if call.kind() == 0 && outcome.text().length() == 0 {
            "is empty"
        } else if start.starts_with('<') {
            "is HTML or XML, not JSON"
        } else if start.starts_with("event:") || start.starts_with("data:") {
            "is an event stream, not JSON"
        } else if start.starts_with(['{', '[']) {
            "is broken or incomplete JSON"
        } else {
            "is not JSON"
        }
        .to_owned();
    }
    if call.kind() == 2 {
        return "to a batch is not an array".to_owned();
    }
    let Some(answer) = object(message).filter(|_| !Array::is_array(message)) else {
        return "is JSON, but not a JSON-RPC object".to_owned();
    };
    if answer.version().as_string().is_none_or(|version| version != "2.0") {
        return "does not say \"jsonrpc\": \"2.0\"".to_owned();
    }
    match (!answer.result().is_undefined(), !is_absent(&answer.error())) {
        (true, true) => "holds both a result and an error".to_owned(),
        (false, false) => "holds neither a result nor an error".to_owned(),
        _ if answer.answered_id() != call.id() => {
            format!("carries the id {}, not {}", shown(&answer.answered_id()), shown(&call.id()))
        }
        _ => "holds an error without a whole number as its code".to_owned(),
    }
}

/// What a tool's result says about its failure: its texts, one per line. `None` when it did not fail.
pub(crate) fn tool_failure(message: &JsValue) -> Option<String> {
    let result = object(message)?.result();
    let result = object(&result)?;
    if result.is_error().as_bool() != Some(true) {
        return None;
    }
    let content = result.content();
    let mut lines = Vec::new();
    if Array::is_array(&content) {
        for part in content.unchecked_ref::<Array>().iter() {
            lines.extend(object(&part).and_then(|part| part.words().as_string()));
        }
    }
    Some(lines.join("\n"))
}

fn is_absent(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// A value as a reader of the message expects it: text in quotes.
fn shown(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_else(|| "undefined".to_owned())
}
