//! The answer where the server gives none: an error for each call, by its own id.

use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::answer::AnswerBody;

/// JSON-RPC: no meaning of its own, said in words.
const CODE: i64 = -32000;

/// 502, and JSON-RPC in it.
pub(super) fn answer(request: &[u8], message: &str) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::own(body(request, message)));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A request that is answered in the same way, and as short as can be.
pub(super) fn only_ids(request: &[u8]) -> String {
    each(request, |id| format!(r#"{{"id":{id}}}"#))
}

fn body(request: &[u8], message: &str) -> String {
    let error = json!({"code": CODE, "message": message});
    each(request, |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#))
}

/// What is made of the id of each call in a request; of one that is `null` where there is none.
fn each(request: &[u8], make: impl Fn(&str) -> String) -> String {
    if let Ok(batch) = serde_json::from_slice::<Vec<Member<'_>>>(request) {
        let made: Vec<String> = batch.iter().filter_map(Member::call_id).map(&make).collect();
        if !made.is_empty() {
            return format!("[{}]", made.join(","));
        }
    }
    let lone = serde_json::from_slice::<Member<'_>>(request).ok();
    make(lone.as_ref().and_then(Member::call_id).unwrap_or("null"))
}

/// One message of the client, its id as it stands there: numbers may be larger than any type of ours.
#[derive(Deserialize)]
struct Member<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    result: Option<serde::de::IgnoredAny>,
    error: Option<serde::de::IgnoredAny>,
}

impl<'a> Member<'a> {
    /// Notifications have none, and answers to the server name its own calls.
    fn call_id(&self) -> Option<&'a str> {
        self.id.filter(|_| self.result.is_none() && self.error.is_none()).map(RawValue::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were_written() {
        let check = |request: &str, ids: &str| {
            let body = body(request.as_bytes(), "no");
            serde_json::from_str::<serde_json::Value>(&body).unwrap();
            assert_eq!(super::body(only_ids(request.as_bytes()).as_bytes(), "no"), body);
            let bare = body
                .replace(r#","error":{"code":-32000,"message":"no"}}"#, "")
                .replace(r#"{"jsonrpc":"2.0","id":"#, "");
            assert_eq!(bare, ids, "{request}");
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
