//! Answers that were seen before their requests: on two pipes, read by two threads, that happens.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::value::RawValue;

use super::collect::Message;
use super::message::{self, Outcome, RpcMessage};
use super::open_calls::CallKey;
use autoheal_prepare::Timestamp;

/// Most of them; older ones answer nothing that was ever asked.
const MAX_RESPONSES: usize = 64;
/// Longest one, in bytes.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// An id may come again later; its answer from before is not for it.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The last answers to nothing.
#[derive(Debug, Default)]
pub(super) struct EarlyResponses {
    responses: VecDeque<(Timestamp, CallKey, Box<str>)>,
}

impl EarlyResponses {
    /// Keeps an answer, without whatever else was in its batch; one that is too long is kept as an empty one.
    pub(super) fn add(&mut self, key: CallKey, outcome: Outcome<'_>, now: Timestamp) {
        let short =
            |raw: &RawValue| if raw.get().len() <= MAX_RESPONSE_BYTES { raw.get().to_owned() } else { "{}".to_owned() };
        let response = match outcome {
            Outcome::Error(error) => format!(r#"{{"error":{}}}"#, short(error)),
            Outcome::Result(result) => format!(r#"{{"result":{}}}"#, short(result)),
            Outcome::Truncated { failed: true, .. } => r#"{"error":{}}"#.to_owned(),
            Outcome::Truncated { failed: false, .. } => r#"{"result":{}}"#.to_owned(),
        };
        if self.responses.len() >= MAX_RESPONSES {
            self.responses.pop_front();
        }
        self.responses.push_back((now, key, response.into_boxed_str()));
    }

    /// The answer to a request that is only seen now.
    pub(super) fn take(&mut self, key: &CallKey, now: Timestamp) -> Option<EarlyResponse> {
        self.responses.retain(|(at, ..)| at.plus(MAX_AGE) >= now);
        let at = self.responses.iter().position(|(_, response_key, _)| response_key == key)?;
        self.responses.remove(at).map(|(.., response)| EarlyResponse(response))
    }
}

/// An answer that was kept.
pub(super) struct EarlyResponse(Box<str>);

impl EarlyResponse {
    /// Reads it once more.
    pub(super) fn with_outcome(&self, mut use_outcome: impl FnMut(Outcome<'_>)) {
        message::each(&Message::Whole(self.0.as_bytes()), |spoken| {
            if let RpcMessage::Response { outcome, .. } = spoken {
                use_outcome(outcome);
            }
        });
    }
}
