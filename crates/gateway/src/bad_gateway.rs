//! The gateway's own response if the upstream sends none: a JSON-RPC error for each call, by its id.

use axum::http::{Response, StatusCode};
use serde_json::json;

use super::call_ids;
use super::response_body::ResponseBody;

/// The implementation-defined server error of JSON-RPC.
const CODE: i64 = -32000;

/// A 502 with one JSON-RPC error per call of the request.
pub(super) fn response(request: &[u8], message: &str) -> Response<ResponseBody> {
    ResponseBody::own(StatusCode::BAD_GATEWAY, body(request, message))
}

fn body(request: &[u8], message: &str) -> String {
    let error = json!({"code": CODE, "message": message});
    call_ids::render_each(request, |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_gets_an_error_with_its_id() {
        let error = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32000,"message":"no"}}}}"#);
        assert_eq!(body(br#"{"id":"a","method":"m"}"#, "no"), error("\"a\""));
        assert_eq!(body(b"not json", "no"), error("null"));
        let batch = body(br#"[{"id":1,"method":"m"},{"method":"n"},{"id":2,"method":"m"}]"#, "no");
        assert_eq!(batch, format!("[{},{}]", error("1"), error("2")));
        serde_json::from_str::<serde_json::Value>(&batch).unwrap();
    }
}
