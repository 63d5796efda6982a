//! Answers, and the errors in GitHub's shapes.

use serde_json::{Value, json};

const DOCUMENTATION: &str = "https://docs.github.com/rest";

/// An answer before it is checked and sent.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Reply { status, body: Some(body), headers: Vec::new() }
    }

    pub(crate) fn empty() -> Self {
        Reply { status: 204, body: None, headers: Vec::new() }
    }

    /// GitHub's basic error.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let body = json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.to_string() });
        Reply::new(status, body)
    }

    pub(crate) fn not_found() -> Self {
        Reply::error(404, "Not Found")
    }

    /// 422 with a reason that has a code.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str) -> Self {
        Reply::refused(json!({ "resource": resource, "field": field, "code": code }))
    }

    /// 422 with a reason in words.
    pub(crate) fn custom(resource: &str, field: Option<&str>, message: &str) -> Self {
        let mut error = json!({ "resource": resource, "code": "custom", "message": message });
        if let Some(field) = field {
            error["field"] = json!(field);
        }
        Reply::refused(error)
    }

    fn refused(error: Value) -> Self {
        let body = json!({ "message": "Validation Failed", "errors": [error], "documentation_url": DOCUMENTATION });
        Reply::new(422, body)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}
