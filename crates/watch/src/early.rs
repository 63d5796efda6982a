//! Answers that were seen before their requests: on two pipes, read by two threads, that happens.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::value::RawValue;

use super::calls::Key;
use super::collect::Message;
use super::message::{self, Outcome, Spoken};
use autoheal_prepare::Timestamp;

/// Most of them; older ones answer nothing that was ever asked.
const MOST: usize = 64;
/// Longest one, in bytes.
const LONGEST: usize = 64 * 1024;
/// An id may come again later; its answer from before is not for it.
const FRESH: Duration = Duration::from_secs(1);

/// The last answers to nothing.
#[derive(Debug, Default)]
pub(super) struct Early {
    answers: VecDeque<(Timestamp, Key, Box<str>)>,
}

impl Early {
    /// Keeps an answer, without whatever else was in its batch; one that is too long is kept as an empty one.
    pub(super) fn keep(&mut self, key: Key, outcome: Outcome<'_>, now: Timestamp) {
        let short = |raw: &RawValue| if raw.get().len() <= LONGEST { raw.get().to_owned() } else { "{}".to_owned() };
        let answer = match outcome {
            Outcome::Error(error) => format!(r#"{{"error":{}}}"#, short(error)),
            Outcome::Result(result) => format!(r#"{{"result":{}}}"#, short(result)),
            Outcome::Long { failed: true, .. } => r#"{"error":{}}"#.to_owned(),
            Outcome::Long { failed: false, .. } => r#"{"result":{}}"#.to_owned(),
        };
        if self.answers.len() >= MOST {
            self.answers.pop_front();
        }
        self.answers.push_back((now, key, answer.into_boxed_str()));
    }

    /// The answer to a request that is only seen now.
    pub(super) fn take(&mut self, key: &Key, now: Timestamp) -> Option<Answer> {
        self.answers.retain(|(at, ..)| at.plus(FRESH) >= now);
        let at = self.answers.iter().position(|(_, answered, _)| answered == key)?;
        self.answers.remove(at).map(|(.., answer)| Answer(answer))
    }
}

/// An answer that was kept.
pub(super) struct Answer(Box<str>);

impl Answer {
    /// Reads it once more.
    pub(super) fn read(&self, mut outcome: impl FnMut(Outcome<'_>)) {
        message::each(&Message::Whole(self.0.as_bytes()), |spoken| {
            if let Spoken::Answer { outcome: said, .. } = spoken {
                outcome(said);
            }
        });
    }
}
