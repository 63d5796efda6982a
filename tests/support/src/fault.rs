//! Injected faults: the requests that fail, the kind of failure, and the number of times.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::recorded::RecordedRequest;

/// A failure of future requests. Faults apply in the order of injection, at most one per request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// The kind of operation that fails.
    #[serde(default = "any")]
    pub on: Operation,
    /// Text that the request's path must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The failure.
    pub failure: Failure,
    /// Number of requests that still fail; `None` for all until the fault is cleared.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// Number of matching requests that pass before it applies.
    #[serde(default)]
    pub after: u32,
}

fn any() -> Operation {
    Operation::Any
}

fn once() -> Option<u32> {
    Some(1)
}

/// Kind of failure. `Before` and `After` say whether the request fails before or after it is carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// 403 for the secondary rate limit, with `retry-after`.
    RetryAfter {
        /// Value of `retry-after`.
        seconds: u64,
    },
    /// 403 for the primary rate limit, with `x-ratelimit-remaining: 0` and `x-ratelimit-reset`.
    LimitExhausted {
        /// Time from now, by the stand-in's clock, to the reset.
        reset_in_seconds: i64,
    },
    /// 403 for the secondary rate limit, without `retry-after`.
    SecondaryLimit,
    /// 429, with or without `retry-after`.
    TooManyRequests {
        /// Value of `retry-after`, if any.
        #[serde(default)]
        retry_after_seconds: Option<u64>,
    },
    /// 502; the request is not carried out.
    BadGatewayBefore,
    /// 502, although the request is carried out.
    BadGatewayAfter,
    /// The connection is closed without a response; the request is not carried out.
    CutBefore,
    /// The connection is closed without a response, although the request is carried out.
    CutAfter,
    /// The request is held; it is carried out when released, even if the client has disconnected by then.
    HoldBefore,
    /// The request is carried out; its response is held until released.
    HoldAfter,
    /// The request is carried out; its response is a success with an unreadable body.
    GarbledAfter,
    /// Assignees are dropped; the response is a success.
    DropAssignees,
    /// A redirect to this URL; the request is not carried out.
    Redirect {
        /// The status.
        status: u16,
        /// Value of `location`.
        location: String,
    },
    /// A response of this size in bytes, without meaning; the request is not carried out.
    Oversized {
        /// The size.
        bytes: usize,
    },
    /// This response; the request is not carried out.
    #[serde(rename = "answer")]
    Response {
        /// The status.
        status: u16,
        /// The body.
        body: Value,
    },
}

impl Failure {
    /// 403 for a missing permission, which no retry can change.
    pub fn forbidden() -> Self {
        Failure::response(403, "Resource not accessible by personal access token", None)
    }

    /// 401 for a token that is not valid any more.
    pub fn bad_credentials() -> Self {
        Failure::response(401, "Bad credentials", None)
    }

    /// 410: issues are disabled.
    pub fn gone() -> Self {
        Failure::response(410, "Issues has been disabled in this repository.", None)
    }

    /// 409: the repository has no commit.
    pub fn empty_repository() -> Self {
        Failure::response(409, "Git Repository is empty.", None)
    }

    /// 422 without `errors`, which GitHub sometimes returns for a new ref.
    pub fn reference_update_failed() -> Self {
        Failure::response(422, "Reference update failed", None)
    }

    /// 422 for a head branch that is so new that GitHub does not find it yet.
    pub fn head_invalid() -> Self {
        let error = json!({ "resource": "PullRequest", "field": "head", "code": "invalid" });
        Failure::response(422, "Validation Failed", Some(error))
    }

    /// 422 for content that was created too soon after other content, which passes by itself.
    pub fn submitted_too_quickly() -> Self {
        let error = json!({ "resource": "Issue", "code": "custom", "message": "was submitted too quickly" });
        Failure::response(422, "Validation Failed", Some(error))
    }

    /// 422 for a draft on a plan without drafts.
    pub fn drafts_unsupported() -> Self {
        let message = "Draft pull requests are not supported in this repository.";
        let error = json!({ "resource": "PullRequest", "code": "custom", "message": message });
        Failure::response(422, "Validation Failed", Some(error))
    }

    fn response(status: u16, message: &str, error: Option<Value>) -> Self {
        let mut body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
        if let Some(error) = error {
            body["errors"] = json!([error]);
        }
        Failure::Response { status, body }
    }

    /// True if the request is not carried out.
    pub(crate) fn prevents(&self) -> bool {
        use Failure::{BadGatewayAfter, CutAfter, DropAssignees, GarbledAfter, HoldAfter, HoldBefore};
        !matches!(self, BadGatewayAfter | CutAfter | HoldBefore | HoldAfter | GarbledAfter | DropAssignees)
    }
}

impl Fault {
    /// A fault of the next request of this kind.
    pub fn on(on: Operation, failure: Failure) -> Self {
        Fault { on, path: None, failure, times: Some(1), after: 0 }
    }

    /// Applies to this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies to every matching request until it is cleared.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.after = requests;
        self
    }

    /// Applies only to paths that contain this text.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// True if the fault applies to this request. Counts a matching request.
    pub(crate) fn applies_to(&mut self, request: &RecordedRequest) -> bool {
        let matches = self.on.covers(request.operation, &request.method)
            && self.path.as_ref().is_none_or(|part| request.path.contains(part.as_str()))
            && self.times != Some(0);
        if matches && self.after > 0 {
            self.after -= 1;
            return false;
        }
        if matches {
            self.times = self.times.map(|times| times - 1);
        }
        matches
    }
}
