//! Issues that left the repository: transferred, deleted, or converted to a discussion.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Comment, EventKind, Issue, Repository};
use crate::state::State;

/// Name of the repository that issues are transferred to when the stand-in has only one.
const ELSEWHERE: &str = "elsewhere";

/// The way in which an issue left the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// It is in another repository.
    Transferred {
        /// The other repository's `id`.
        repository: u64,
        /// The issue's number there.
        number: u64,
    },
    /// It was deleted.
    Deleted,
    /// It is a discussion now.
    Discussion,
}

impl Repository {
    /// Takes an issue out of the repository, with its comments. Pull requests cannot leave.
    fn remove_issue(&mut self, number: u64) -> Option<(Issue, Vec<Comment>)> {
        if self.pulls.contains_key(&number) {
            return None;
        }
        let issue = self.issues.remove(&number)?;
        self.events.retain(|event| event.number != number && event.kind != EventKind::CrossReferenced(number));
        let comments = self.comments.extract_if(.., |comment| comment.number == number).collect();
        Some((issue, comments))
    }

    /// Takes an issue out of the repository for good.
    pub(crate) fn discard_issue(&mut self, number: u64, departure: Departure) {
        if self.remove_issue(number).is_some() {
            self.departures.insert(number, departure);
        }
    }

    /// Closes and locks an issue whose text and comments are a discussion now. The issue itself stays.
    pub(crate) fn close_as_discussion(&mut self, number: u64, actor: &str, now: DateTime<Utc>) {
        if self.pulls.contains_key(&number) || !self.issues.contains_key(&number) {
            return;
        }
        self.comments.retain(|comment| comment.number != number);
        self.set_state(number, "closed", None, actor, now);
        self.lock(number, None, actor, now);
        self.record_event(number, actor, now, EventKind::ConvertedToDiscussion);
    }

    /// Adds an issue of another repository under a new number. Labels that this repository does not have are dropped.
    fn receive_issue(&mut self, mut issue: Issue, comments: Vec<Comment>) -> u64 {
        let (id, number) = (self.new_id(), self.new_number());
        (issue.id, issue.number) = (id, number);
        issue.labels.retain(|name| self.label(name).is_some());
        issue.assignees.retain(|login| self.permission(login).may_write());
        self.issues.insert(number, issue);
        for comment in comments {
            let id = self.new_id();
            self.comments.push(Comment { id, number, ..comment });
        }
        number
    }
}

impl State {
    /// Transfers an issue of the main repository to the second repository, which is created if it does not exist.
    pub(crate) fn transfer(&mut self, number: u64) {
        let now = self.now();
        let Some((issue, comments)) = self.repository_mut().remove_issue(number) else { return };
        if self.repositories.len() == 1 {
            let owner = self.repository().owner.clone();
            self.repositories.push(Repository::new(2, &owner, ELSEWHERE, &self.url, now));
        }
        let target = &mut self.repositories[1];
        let departure = Departure::Transferred { repository: target.id, number: target.receive_issue(issue, comments) };
        self.repository_mut().departures.insert(number, departure);
    }
}
