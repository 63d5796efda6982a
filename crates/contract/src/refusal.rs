//! The JSON body of every answer that is not a success: a stable code and a sentence for people.

use serde::{Deserialize, Serialize};

/// `{code, message}`: what went wrong and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable, for programs.
    pub code: RefusalCode,
    /// For people: what happened, where, and what to do.
    pub message: String,
}

/// The stable codes; each belongs to exactly one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// 400: the body is not JSON, or not UTF-8.
    NotJson,
    /// 413: the body or the batch is over its limit.
    TooLarge,
    /// 415: neither `application/json` nor `text/plain`.
    UnsupportedMediaType,
    /// 403: the page's origin may not send here.
    ForbiddenOrigin,
    /// 401: the key is unknown.
    UnknownKey,
    /// 401: an operator's route, and the caller did not show to be the operator.
    OperatorOnly,
    /// 422: a lone report that cannot be used.
    InvalidReport,
    /// 429: too many reports from this client; `Retry-After` says when to try again.
    RateLimited,
    /// 503: the store cannot take the report now; keep it and try again.
    StoreUnavailable,
    /// 404: nothing lives here.
    NotFound,
    /// 405: something lives here, but not for this method.
    MethodNotAllowed,
    /// 502: the upstream MCP server could not be reached.
    UpstreamUnreachable,
}

impl RefusalCode {
    /// The HTTP status this code travels with.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NotJson => 400,
            Self::UnknownKey | Self::OperatorOnly => 401,
            Self::ForbiddenOrigin => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::InvalidReport => 422,
            Self::RateLimited => 429,
            Self::UpstreamUnreachable => 502,
            Self::StoreUnavailable => 503,
        }
    }
}
