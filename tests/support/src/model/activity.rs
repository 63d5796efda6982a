//! Comments, and the events an issue's history is made of.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{HandOver, Repository, is_app};

/// A comment on an issue or pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    /// GitHub's number of the comment itself.
    pub id: u64,
    /// The issue or pull request it is on.
    pub number: u64,
    /// Who wrote it.
    pub author: String,
    /// Its text.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Something that happened to an issue or pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// GitHub's number of the event.
    pub id: u64,
    /// The issue or pull request it happened to.
    pub number: u64,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A label was put on.
    Labeled(String),
    /// A label was taken off.
    Unlabeled(String),
    /// Someone was assigned.
    Assigned(String),
    /// Someone was taken off.
    Unassigned(String),
    /// It was closed, with the reason if one was given.
    Closed(Option<String>),
    /// It was reopened.
    Reopened,
    /// Its title was changed.
    Renamed {
        /// The title before.
        from: String,
        /// The title after.
        to: String,
    },
    /// The issue or pull request with this number mentioned it.
    CrossReferenced(u64),
}

impl Repository {
    pub(crate) fn happened(&mut self, number: u64, actor: &str, at: DateTime<Utc>, kind: EventKind) {
        let id = self.new_id();
        self.events.push(Event { id, number, actor: actor.to_owned(), at, kind });
        if let Some(issue) = self.issues.get_mut(&number) {
            issue.updated_at = at;
        }
    }

    /// Adds a comment. One that begins a conversation with `@copilot` on an open pull request, by a person who may
    /// write, asks Copilot to work on that pull request; anywhere else the mention does nothing.
    pub(crate) fn add_comment(&mut self, number: u64, body: &str, author: &str, now: DateTime<Utc>) -> Comment {
        let id = self.new_id();
        let (author, body) = (author.to_owned(), body.to_owned());
        let comment = Comment { id, number, author, body, created_at: now, updated_at: now };
        self.comments.push(comment.clone());
        if let Some(issue) = self.issues.get_mut(&number) {
            issue.updated_at = now;
        }
        let asked = comment.body.to_lowercase().contains("@copilot") && !is_app(&comment.author);
        let open_pull = self.pulls.contains_key(&number) && self.issues[&number].is_open();
        if asked && open_pull && self.settings.agent_available && self.permission(&comment.author).may_write() {
            self.hand_overs.push(HandOver::Mention { pull: number, comment: id, text: comment.body.clone(), at: now });
        }
        comment
    }
}
