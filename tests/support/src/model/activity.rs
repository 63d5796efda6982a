//! Comments and events of issues and pull requests.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{HandOver, Repository, is_app};

/// A comment on an issue or pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Comment {
    /// The comment's `id`.
    pub id: u64,
    /// The issue or pull request it is on.
    pub number: u64,
    /// The author's login.
    pub author: String,
    /// Its text.
    pub body: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// An event of an issue or pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// The event's `id`.
    pub id: u64,
    /// The issue or pull request.
    pub number: u64,
    /// Login of the user who caused it.
    pub actor: String,
    /// Time of the event.
    pub at: DateTime<Utc>,
    /// Kind of event.
    pub kind: EventKind,
    /// True if an app acted for the user.
    pub via_app: bool,
}

/// Kind of event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A label was added.
    Labeled(String),
    /// A label was removed.
    Unlabeled(String),
    /// A user was assigned.
    Assigned(String),
    /// A user was unassigned.
    Unassigned(String),
    /// The issue or pull request was closed, for this reason if one was given.
    Closed(Option<String>),
    /// The issue or pull request was reopened.
    Reopened,
    /// The title was changed.
    Renamed {
        /// The title before.
        from: String,
        /// The title after.
        to: String,
    },
    /// Comments were limited to users who may write, for this reason if one was given.
    Locked(Option<String>),
    /// Everyone may comment again.
    Unlocked,
    /// The draft was marked as ready for review.
    ReadyForReview,
    /// The pull request was made a draft again.
    ConvertToDraft,
    /// The issue was converted to a discussion.
    ConvertedToDiscussion,
    /// The actor was mentioned.
    Mentioned,
    /// The actor gets notifications from now on.
    Subscribed,
    /// The issue or pull request with this number mentioned this one.
    CrossReferenced(u64),
}

impl Repository {
    /// Records an event.
    pub(crate) fn record_event(&mut self, number: u64, actor: &str, at: DateTime<Utc>, kind: EventKind) {
        let id = self.new_id();
        self.events.push(Event { id, number, actor: actor.to_owned(), at, kind, via_app: false });
        if let Some(issue) = self.issues.get_mut(&number) {
            issue.updated_at = at;
        }
    }

    /// Records events that change nothing, as GitHub does when comments mention a user.
    pub(crate) fn add_noise_events(&mut self, number: u64, count: usize, now: DateTime<Utc>) {
        for index in 0..count {
            let kind = if index % 2 == 0 { EventKind::Mentioned } else { EventKind::Subscribed };
            self.record_event(number, "stranger", now, kind);
        }
    }

    /// Adds a comment. A comment with `@copilot` on an open pull request, by a user who may write, hands the pull
    /// request over to Copilot. Elsewhere a mention has no effect.
    pub(crate) fn add_comment(&mut self, number: u64, body: &str, author: &str, now: DateTime<Utc>) -> Comment {
        let id = self.new_id();
        let (author, body) = (author.to_owned(), body.to_owned());
        let comment = Comment { id, number, author, body, created_at: now, updated_at: now };
        self.comments.push(comment.clone());
        if let Some(issue) = self.issues.get_mut(&number) {
            issue.updated_at = now;
        }
        let mentions_copilot = comment.body.to_lowercase().contains("@copilot") && !is_app(&comment.author);
        let open_pull = self.pulls.contains_key(&number) && self.issues[&number].is_open();
        if mentions_copilot
            && open_pull
            && self.settings.agent_available
            && self.permission(&comment.author).may_write()
        {
            self.hand_overs.push(HandOver::Mention { pull: number, comment: id, text: comment.body.clone(), at: now });
        }
        comment
    }
}
