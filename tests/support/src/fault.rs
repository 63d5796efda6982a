//! Bad days on demand: which requests fail, how, and how often.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::operation::Operation;
use crate::recorded::RecordedRequest;

/// A failure waiting for its requests. Faults are tried in the order they were injected; each request meets at most
/// one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// The kind of operation it strikes.
    #[serde(default = "any")]
    pub on: Operation,
    /// Strikes only paths that contain this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What goes wrong.
    pub failure: Failure,
    /// How many requests it still strikes; none means every one until it is cleared.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// How many fitting requests it lets pass first.
    #[serde(default)]
    pub after: u32,
}

fn any() -> Operation {
    Operation::Any
}

fn once() -> Option<u32> {
    Some(1)
}

/// What goes wrong. "Before" and "after" are about the write: did it take place?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// 403 with `retry-after`: the secondary limit, with advice.
    RetryAfter {
        /// The advice.
        seconds: u64,
    },
    /// 403 with `x-ratelimit-remaining: 0` and a reset this far ahead.
    LimitExhausted {
        /// From the stand-in's now to the reset.
        reset_in_seconds: i64,
    },
    /// 403 that speaks of a secondary rate limit, without any header that helps.
    SecondaryLimit,
    /// 429, with or without advice.
    TooManyRequests {
        /// The advice, if any.
        #[serde(default)]
        retry_after_seconds: Option<u64>,
    },
    /// 502, and nothing happened.
    BadGatewayBefore,
    /// 502, although the write took place.
    BadGatewayAfter,
    /// The connection ends without an answer, and nothing happened.
    CutBefore,
    /// The connection ends without an answer, although the write took place.
    CutAfter,
    /// The request is kept waiting; it is carried out when released, even if the caller is gone by then.
    HoldBefore,
    /// The write takes place, and the answer is kept back until released.
    HoldAfter,
    /// The write takes place, and the answer is a success with a body that cannot be read.
    GarbledAfter,
    /// Whoever should be assigned is not, and the answer is a success.
    DropAssignees,
    /// This answer, and nothing happened.
    Answer {
        /// The status.
        status: u16,
        /// The body.
        body: Value,
    },
}

impl Failure {
    /// 403 for want of a permission: never to be repeated.
    pub fn forbidden() -> Self {
        Failure::answer(403, "Resource not accessible by personal access token", None)
    }

    /// 410: issues are switched off.
    pub fn gone() -> Self {
        Failure::answer(410, "Issues has been disabled in this repository.", None)
    }

    /// 409: there is not one commit in the repository.
    pub fn empty_repository() -> Self {
        Failure::answer(409, "Git Repository is empty.", None)
    }

    /// 422 without reasons, seen now and then when a ref is made.
    pub fn reference_update_failed() -> Self {
        Failure::answer(422, "Reference update failed", None)
    }

    /// 422 when the branch just made is not seen yet.
    pub fn head_invalid() -> Self {
        let error = json!({ "resource": "PullRequest", "field": "head", "code": "invalid" });
        Failure::answer(422, "Validation Failed", Some(error))
    }

    /// 422 on plans without drafts.
    pub fn drafts_unsupported() -> Self {
        let message = "Draft pull requests are not supported in this repository.";
        let error = json!({ "resource": "PullRequest", "code": "custom", "message": message });
        Failure::answer(422, "Validation Failed", Some(error))
    }

    fn answer(status: u16, message: &str, error: Option<Value>) -> Self {
        let mut body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
        if let Some(error) = error {
            body["errors"] = json!([error]);
        }
        Failure::Answer { status, body }
    }

    /// Whether the request is not carried out.
    pub(crate) fn prevents(&self) -> bool {
        use Failure::{BadGatewayAfter, CutAfter, DropAssignees, GarbledAfter, HoldAfter, HoldBefore};
        !matches!(self, BadGatewayAfter | CutAfter | HoldBefore | HoldAfter | GarbledAfter | DropAssignees)
    }
}

impl Fault {
    /// Strikes the next request of this kind.
    pub fn on(on: Operation, failure: Failure) -> Self {
        Fault { on, path: None, failure, times: Some(1), after: 0 }
    }

    /// Strikes this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Strikes every fitting request until it is cleared.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// Lets this many fitting requests pass first.
    #[must_use]
    pub fn after(mut self, passing: u32) -> Self {
        self.after = passing;
        self
    }

    /// Strikes only paths that contain this text.
    #[must_use]
    pub fn path(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// Whether it is this request's turn; counts it if it fits.
    pub(crate) fn strikes(&mut self, request: &RecordedRequest) -> bool {
        let fits = self.on.covers(request.operation, &request.method)
            && self.path.as_ref().is_none_or(|part| request.path.contains(part.as_str()))
            && self.times != Some(0);
        if fits && self.after > 0 {
            self.after -= 1;
            return false;
        }
        if fits {
            self.times = self.times.map(|times| times - 1);
        }
        fits
    }
}
