//! Responses seen before their requests. This happens because two threads read the two pipes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::moment::Moment;
use serde_json::value::RawValue;

use crate::collect::Message;
use crate::message::{self, Outcome, RpcMessage};
use crate::open_calls::CallKey;

/// Maximum number of stored responses. Above it, the oldest is evicted.
const MAX_RESPONSES: usize = 64;
/// Maximum size of a stored result or error, in bytes. A larger one is stored as `{}`.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// Maximum age of a response. A client may reuse an id, and an old response does not belong to the new request.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The last responses without a request.
#[derive(Debug, Default)]
pub(crate) struct EarlyResponses {
    responses: VecDeque<(Moment, CallKey, Box<str>)>,
}

impl EarlyResponses {
    /// Stores a response, without the rest of its batch.
    pub(crate) fn add(&mut self, key: CallKey, outcome: Outcome<'_>, now: Moment) {
        let bounded = |raw: &RawValue| {
            if raw.get().len() <= MAX_RESPONSE_BYTES { raw.get().to_owned() } else { "{}".to_owned() }
        };
        let response = match outcome {
            Outcome::Error(error) => format!(r#"{{"error":{}}}"#, bounded(error)),
            Outcome::Result(result) => format!(r#"{{"result":{}}}"#, bounded(result)),
            Outcome::Truncated { is_error: true, .. } => r#"{"error":{}}"#.to_owned(),
            Outcome::Truncated { is_error: false, .. } => r#"{"result":{}}"#.to_owned(),
        };
        if self.responses.len() >= MAX_RESPONSES {
            self.responses.pop_front();
        }
        self.responses.push_back((now, key, response.into_boxed_str()));
    }

    /// Takes the response to a request that is only seen now.
    pub(crate) fn take(&mut self, key: &CallKey, now: Moment) -> Option<EarlyResponse> {
        self.responses.retain(|(seen_at, ..)| seen_at.plus(MAX_AGE) >= now);
        let index = self.responses.iter().position(|(_, response_key, _)| response_key == key)?;
        self.responses.remove(index).map(|(seen_at, _, response)| EarlyResponse { seen_at, response })
    }
}

/// A stored response.
pub(crate) struct EarlyResponse {
    pub(crate) seen_at: Moment,
    response: Box<str>,
}

impl EarlyResponse {
    /// Parses the response again and passes on its outcome.
    pub(crate) fn with_outcome(&self, mut use_outcome: impl FnMut(Outcome<'_>)) {
        message::each(&Message::Whole(self.response.as_bytes()), |rpc| {
            if let RpcMessage::Response { outcome, .. } = rpc {
                use_outcome(outcome);
            }
        });
    }
}
