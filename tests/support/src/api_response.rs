//! API responses, and errors in GitHub's formats.

use serde_json::{Value, json};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// A response before it is checked and sent.
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl ApiResponse {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        ApiResponse { status, body: Some(body), headers: Vec::new() }
    }

    pub(crate) fn empty() -> Self {
        ApiResponse { status: 204, body: None, headers: Vec::new() }
    }

    /// GitHub's basic error.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let body = json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.to_string() });
        ApiResponse::new(status, body)
    }

    pub(crate) fn not_found() -> Self {
        ApiResponse::error(404, "Not Found")
    }

    /// 301 to another URL.
    pub(crate) fn moved_permanently(url: &str) -> Self {
        let body = json!({ "message": "Moved Permanently", "url": url, "documentation_url": DOCUMENTATION });
        ApiResponse::new(301, body).with_header("location", url)
    }

    /// 422 with an error code.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str) -> Self {
        ApiResponse::validation_failed(json!({ "resource": resource, "field": field, "code": code }))
    }

    /// 422 with an error message.
    pub(crate) fn custom(resource: &str, field: Option<&str>, message: &str) -> Self {
        let mut error = json!({ "resource": resource, "code": "custom", "message": message });
        if let Some(field) = field {
            error["field"] = json!(field);
        }
        ApiResponse::validation_failed(error)
    }

    fn validation_failed(error: Value) -> Self {
        let body = json!({ "message": "Validation Failed", "errors": [error], "documentation_url": DOCUMENTATION });
        ApiResponse::new(422, body)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}
