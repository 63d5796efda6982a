//! `Refusal`: the JSON body of every response that is not a success.

use serde::{Deserialize, Serialize};

/// `{code, message}`: a refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable code for programs.
    pub code: RefusalCode,
    /// A message for people, with the remedy.
    pub message: String,
}

/// Stable codes. Each has one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// 400: the body is not JSON, or not UTF-8.
    NotJson,
    /// 400: the `Host` header or the request target names no host, or several.
    InvalidHost,
    /// 413: the body or the batch is over its limit.
    TooLarge,
    /// 415: neither `application/json` nor `text/plain`.
    UnsupportedMediaType,
    /// 403: the page's origin is not allowed.
    ForbiddenOrigin,
    /// 401: the key is unknown.
    UnknownKey,
    /// 401: the route is the operator's, and the request lacks the operator's credentials.
    OperatorOnly,
    /// 422: the only report of the request cannot be used.
    InvalidReport,
    /// 422: the source map cannot be used.
    InvalidSourceMap,
    /// 429: too many reports from this client; `Retry-After` gives the wait.
    RateLimited,
    /// 503: the store cannot take the report now. The sender should retry later.
    StoreUnavailable,
    /// 503: too many large or slow reports are being received; `Retry-After` gives the wait.
    Busy,
    /// 404: there is no such route.
    NotFound,
    /// 405: the route does not support this method.
    MethodNotAllowed,
    /// 502: the upstream MCP server could not be reached.
    UpstreamUnreachable,
}

impl RefusalCode {
    /// The HTTP status of a response with this code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NotJson | Self::InvalidHost => 400,
            Self::UnknownKey | Self::OperatorOnly => 401,
            Self::ForbiddenOrigin => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidReport | Self::InvalidSourceMap => 422,
            Self::RateLimited => 429,
            Self::UpstreamUnreachable => 502,
            Self::StoreUnavailable | Self::Busy => 503,
        }
    }
}
