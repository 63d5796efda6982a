//! The JSON-RPC ids of the calls in a request body.

use serde::Deserialize;
use serde_json::value::RawValue;

/// Renders each call id of the request with `render`, as an array if the request is a batch. A request without a
/// readable call id renders `null`.
pub(super) fn render_each(request: &[u8], render: impl Fn(&str) -> String) -> String {
    if let Ok(batch) = serde_json::from_slice::<Vec<Member<'_>>>(request) {
        let rendered: Vec<String> = batch.iter().filter_map(Member::call_id).map(&render).collect();
        if !rendered.is_empty() {
            return format!("[{}]", rendered.join(","));
        }
    }
    let single = serde_json::from_slice::<Member<'_>>(request).ok();
    render(single.as_ref().and_then(Member::call_id).unwrap_or("null"))
}

/// The shortest request with the same call ids.
pub(super) fn only_ids(request: &[u8]) -> String {
    render_each(request, |id| format!(r#"{{"id":{id}}}"#))
}

/// One message of the client. The id keeps its text, because a number may be larger than any Rust integer.
#[derive(Deserialize)]
struct Member<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    result: Option<serde::de::IgnoredAny>,
    error: Option<serde::de::IgnoredAny>,
}

impl<'a> Member<'a> {
    /// The id of a call. `None` for a notification, which has no id, and for a response, whose id names a call of the
    /// server.
    fn call_id(&self) -> Option<&'a str> {
        self.id.filter(|_| self.result.is_none() && self.error.is_none()).map(RawValue::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_text() {
        let check = |request: &str, expected: &str| {
            assert_eq!(render_each(request.as_bytes(), str::to_owned), expected, "{request}");
            let short = only_ids(request.as_bytes());
            assert_eq!(render_each(short.as_bytes(), str::to_owned), expected, "{request} as {short}");
        };
        for id in ["7", "\"7\"", "9007199254740993123456789", "-1.50e3", r#""a\u0041""#, "0"] {
            check(&format!(r#"{{"id": {id} , "method":"m"}}"#), id);
        }
        check(r#"{"method":"m"}"#, "null");
        check(r#"{"id":null,"method":"m"}"#, "null");
        check(r#"{"id":3,"result":{}}"#, "null");
        check("not json", "null");
        check("", "null");
        check("[]", "null");
        check(r#"[{"id":1,"method":"m"},{"method":"n"},{"id":"b","method":"m"}]"#, "[1,\"b\"]");
        check(r#"[{"method":"n"}]"#, "null");
    }
}
