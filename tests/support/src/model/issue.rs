//! Issues and labels. Every pull request is also an issue with the same number.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{COPILOT, COPILOT_ASSIGNEE, EventKind, HandOver, NewPull, Repository, is_app};

/// An issue, or the issue part of a pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Issue {
    /// The issue's `id`, which differs from its number.
    pub id: u64,
    /// Its number, unique among issues and pull requests.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// `open` or `closed`.
    pub state: String,
    /// Reason of the state, if given.
    pub state_reason: Option<String>,
    /// `id` of the issue that it duplicates, if given.
    pub duplicate_of: Option<u64>,
    /// The author's login.
    pub author: String,
    /// Its labels' names.
    pub labels: Vec<String>,
    /// True if only users who may write can comment.
    pub locked: bool,
    /// Reason of the lock, if given.
    pub lock_reason: Option<String>,
    /// Logins of its assignees as in responses: Copilot is `Copilot`.
    pub assignees: Vec<String>,
    /// The `agent_assignment` of the last assignment to Copilot.
    pub agent_assignment: Option<Value>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
    /// Time of closing, if it is closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Issue {
    /// True if it is open.
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// True if it has this label; case is ignored.
    pub fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label.eq_ignore_ascii_case(name))
    }
}

/// A label of a repository.
#[derive(Clone, Debug, Serialize)]
pub struct Label {
    /// The label's `id`.
    pub id: u64,
    /// Its name, unique without regard to case.
    pub name: String,
    /// Color as six hexadecimal digits.
    pub color: String,
    /// Description, if given.
    pub description: Option<String>,
}

/// Data of a new issue.
pub(crate) struct NewIssue<'text> {
    pub(crate) title: &'text str,
    pub(crate) body: &'text str,
    pub(crate) labels: Vec<String>,
}

impl Repository {
    /// Opens an issue. Creates unknown labels, as GitHub does for users who may push.
    pub(crate) fn open_issue(&mut self, new: NewIssue<'_>, author: &str, now: DateTime<Utc>) -> u64 {
        let (id, number) = (self.new_id(), self.new_number());
        let issue = Issue {
            id,
            number,
            title: new.title.to_owned(),
            body: new.body.to_owned(),
            state: "open".into(),
            state_reason: None,
            duplicate_of: None,
            author: author.to_owned(),
            labels: Vec::new(),
            locked: false,
            lock_reason: None,
            assignees: Vec::new(),
            agent_assignment: None,
            created_at: now,
            updated_at: now,
            closed_at: None,
        };
        self.issues.insert(number, issue);
        self.add_labels(number, &new.labels, author, now);
        number
    }

    /// The label with this name; case is ignored.
    pub(crate) fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// Creates a label.
    pub(crate) fn create_label(&mut self, name: &str, color: &str, description: Option<String>) -> Label {
        let label = Label { id: self.new_id(), name: name.to_owned(), color: color.to_lowercase(), description };
        self.labels.push(label.clone());
        label
    }

    /// Deletes a label, which removes it from every issue without an event.
    pub(crate) fn delete_label(&mut self, name: &str) {
        self.labels.retain(|label| !label.name.eq_ignore_ascii_case(name));
        for issue in self.issues.values_mut() {
            issue.labels.retain(|label| !label.eq_ignore_ascii_case(name));
        }
    }

    /// Adds labels to an issue, except those it already has.
    pub(crate) fn add_labels(&mut self, number: u64, names: &[String], actor: &str, now: DateTime<Utc>) {
        for name in names {
            let label = match self.label(name) {
                Some(label) => label.name.clone(),
                None => self.create_label(name, "ededed", None).name,
            };
            let Some(issue) = self.issues.get_mut(&number) else { return };
            if !issue.has_label(&label) {
                issue.labels.push(label.clone());
                self.record_event(number, actor, now, EventKind::Labeled(label));
            }
        }
    }

    /// Removes a label. Returns false if the issue does not have it.
    pub(crate) fn remove_label(&mut self, number: u64, name: &str, actor: &str, now: DateTime<Utc>) -> bool {
        let Some(issue) = self.issues.get_mut(&number) else { return false };
        let Some(at) = issue.labels.iter().position(|label| label.eq_ignore_ascii_case(name)) else { return false };
        let label = issue.labels.remove(at);
        self.record_event(number, actor, now, EventKind::Unlabeled(label));
        true
    }

    /// Assigns users. Silently drops logins that cannot be assigned, as GitHub does. Copilot, assigned to an issue,
    /// opens a draft pull request.
    pub(crate) fn assign(
        &mut self,
        number: u64,
        logins: &[String],
        agent_assignment: Option<&Value>,
        actor: &str,
        now: DateTime<Utc>,
    ) {
        for login in logins {
            let copilot = login == COPILOT_ASSIGNEE;
            let assignable = if copilot {
                self.settings.agent_available && !is_app(actor)
            } else {
                self.permission(login).may_write()
            };
            let assignee = if copilot { COPILOT.to_owned() } else { login.clone() };
            let Some(issue) = self.issues.get_mut(&number).filter(|_| assignable) else { continue };
            if issue.assignees.contains(&assignee) {
                continue;
            }
            issue.assignees.push(assignee.clone());
            if copilot {
                issue.agent_assignment = agent_assignment.cloned();
            }
            self.record_event(number, actor, now, EventKind::Assigned(assignee));
            if copilot && !self.pulls.contains_key(&number) {
                let pull = self.copilot_opens_pull(number, agent_assignment, now);
                let agent_assignment = agent_assignment.cloned();
                self.hand_overs.push(HandOver::Assignment { issue: number, agent_assignment, pull, at: now });
            }
        }
    }

    /// Unassigns users. Accepts both logins of Copilot.
    pub(crate) fn unassign(&mut self, number: u64, logins: &[String], actor: &str, now: DateTime<Utc>) {
        for login in logins {
            let assignee = if login == COPILOT_ASSIGNEE { COPILOT } else { login };
            let Some(issue) = self.issues.get_mut(&number) else { return };
            if let Some(at) = issue.assignees.iter().position(|assigned| assigned == assignee) {
                issue.assignees.remove(at);
                self.record_event(number, actor, now, EventKind::Unassigned(assignee.to_owned()));
            }
        }
    }

    fn copilot_opens_pull(&mut self, issue: u64, assignment: Option<&Value>, now: DateTime<Utc>) -> Option<u64> {
        let requested =
            assignment.and_then(|fields| fields["base_branch"].as_str()).filter(|branch| !branch.is_empty());
        let base = requested.unwrap_or(&self.default_branch).to_owned();
        let start = self.branch(&base)?.sha.clone();
        let branch = format!("copilot/fix-{issue}");
        self.refs.insert(format!("refs/heads/{branch}"), start);
        self.push_empty_commit(&branch, "Initial plan", COPILOT, now)?;
        let title = format!("[WIP] {}", self.issues[&issue].title);
        let body = format!("Fixes #{issue}");
        let new = NewPull { title: &title, body: &body, head: &branch, base: &base, draft: true };
        self.open_pull(&new, COPILOT, now).ok()
    }

    /// Changes the title or the body.
    pub(crate) fn edit(
        &mut self,
        number: u64,
        title: Option<&str>,
        body: Option<&str>,
        actor: &str,
        now: DateTime<Utc>,
    ) {
        let Some(issue) = self.issues.get_mut(&number) else { return };
        issue.updated_at = now;
        if let Some(body) = body {
            issue.body = body.to_owned();
        }
        if let Some(title) = title.filter(|title| *title != issue.title) {
            let from = std::mem::replace(&mut issue.title, title.to_owned());
            self.record_event(number, actor, now, EventKind::Renamed { from, to: title.to_owned() });
        }
    }

    /// Locks an issue, with a reason if one is given.
    pub(crate) fn lock(&mut self, number: u64, reason: Option<&str>, actor: &str, now: DateTime<Utc>) {
        let Some(issue) = self.issues.get_mut(&number).filter(|issue| !issue.locked) else { return };
        issue.locked = true;
        issue.lock_reason = reason.map(str::to_owned);
        let kind = EventKind::Locked(issue.lock_reason.clone());
        self.record_event(number, actor, now, kind);
    }

    /// Unlocks an issue.
    pub(crate) fn unlock(&mut self, number: u64, actor: &str, now: DateTime<Utc>) {
        let Some(issue) = self.issues.get_mut(&number).filter(|issue| issue.locked) else { return };
        issue.locked = false;
        issue.lock_reason = None;
        self.record_event(number, actor, now, EventKind::Unlocked);
    }

    /// True if a user may comment on an issue or pull request. If it is locked, only users who may write can comment.
    pub(crate) fn may_comment(&self, number: u64, login: &str) -> bool {
        self.issues.get(&number).is_some_and(|issue| !issue.locked || self.permission(login).may_write())
    }

    /// Sets the state to `open` or `closed`.
    pub(crate) fn set_state(
        &mut self,
        number: u64,
        state: &str,
        reason: Option<&str>,
        actor: &str,
        now: DateTime<Utc>,
    ) {
        let Some(issue) = self.issues.get_mut(&number) else { return };
        let changed = issue.state != state;
        issue.state = state.to_owned();
        if changed || reason.is_some() {
            let default = if state == "open" { "reopened" } else { "completed" };
            issue.state_reason = Some(reason.unwrap_or(default).to_owned());
        }
        issue.updated_at = now;
        issue.closed_at = (state == "closed").then_some(now);
        if changed {
            let closed = EventKind::Closed(issue.state_reason.clone());
            self.record_event(number, actor, now, if state == "open" { EventKind::Reopened } else { closed });
        }
    }
}
