//! Answers that were seen before their requests: on two pipes, read by two threads, that happens.

use std::collections::VecDeque;
use std::time::Duration;

use super::calls::Key;
use super::collect::Message;
use crate::clock::Timestamp;

/// Most of them; older ones answer nothing that was ever asked.
const MOST: usize = 64;
/// Longest one, in bytes.
const LONGEST: usize = 64 * 1024;
/// An id may come again later; its answer from before is not for it.
const FRESH: Duration = Duration::from_secs(1);

/// The last answers to nothing.
#[derive(Debug, Default)]
pub(super) struct Early {
    answers: VecDeque<(Timestamp, Key, Box<[u8]>)>,
}

impl Early {
    /// Keeps an answer; one that is too long is kept as an empty success.
    pub(super) fn keep(&mut self, key: Key, message: &Message<'_>, now: Timestamp) {
        let bytes = match message {
            Message::Whole(bytes) if bytes.len() <= LONGEST => (*bytes).into(),
            _ => format!(r#"{{"id":{},"result":null}}"#, key.id).into_bytes().into(),
        };
        if self.answers.len() >= MOST {
            self.answers.pop_front();
        }
        self.answers.push_back((now, key, bytes));
    }

    /// The answer to a request that is only seen now.
    pub(super) fn take(&mut self, key: &Key, now: Timestamp) -> Option<Box<[u8]>> {
        self.answers.retain(|(at, ..)| at.plus(FRESH) >= now);
        let at = self.answers.iter().position(|(_, answered, _)| answered == key)?;
        self.answers.remove(at).map(|(.., bytes)| bytes)
    }
}
