//! Issues and labels. A pull request is an issue too, and shares its number.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{COPILOT, COPILOT_ASSIGNEE, EventKind, HandOver, NewPull, Repository, is_app};

/// An issue, or the issue half of a pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Issue {
    /// GitHub's number of the object itself (`id`), not the number people use.
    pub id: u64,
    /// The number people use, shared with pull requests.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// `open` or `closed`.
    pub state: String,
    /// Why it is in this state, where one was given.
    pub state_reason: Option<String>,
    /// The `id` of the issue it duplicates, where one was given.
    pub duplicate_of: Option<u64>,
    /// Who opened it.
    pub author: String,
    /// Its labels' names.
    pub labels: Vec<String>,
    /// Who is assigned, as shown: Copilot is `Copilot`.
    pub assignees: Vec<String>,
    /// The `agent_assignment` it was last given.
    pub agent_assignment: Option<Value>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was closed, if it is.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Issue {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// Whether it carries this label, in any case.
    pub fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label.eq_ignore_ascii_case(name))
    }
}

/// A label of a repository.
#[derive(Clone, Debug, Serialize)]
pub struct Label {
    /// GitHub's number of the label.
    pub id: u64,
    /// Its name, unique in any case.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// What it is for.
    pub description: Option<String>,
}

/// What a new issue is made of.
pub(crate) struct NewIssue<'text> {
    pub(crate) title: &'text str,
    pub(crate) body: &'text str,
    pub(crate) labels: Vec<String>,
}

impl Repository {
    /// Opens an issue; unknown labels are made on the way, as GitHub does for people who may push.
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
            assignees: Vec::new(),
            agent_assignment: None,
            created_at: now,
            updated_at: now,
            closed_at: None,
        };
        self.issues.insert(number, issue);
        self.put_labels(number, &new.labels, author, now);
        number
    }

    /// The label with this name, in any case.
    pub(crate) fn label(&self, name: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// Makes a label.
    pub(crate) fn make_label(&mut self, name: &str, color: &str, description: Option<String>) -> Label {
        let label = Label { id: self.new_id(), name: name.to_owned(), color: color.to_lowercase(), description };
        self.labels.push(label.clone());
        label
    }

    /// Puts labels on an issue; ones it has already change nothing.
    pub(crate) fn put_labels(&mut self, number: u64, names: &[String], actor: &str, now: DateTime<Utc>) {
        for name in names {
            let known = match self.label(name) {
                Some(label) => label.name.clone(),
                None => self.make_label(name, "ededed", None).name,
            };
            let Some(issue) = self.issues.get_mut(&number) else { return };
            if !issue.has_label(&known) {
                issue.labels.push(known.clone());
                self.happened(number, actor, now, EventKind::Labeled(known));
            }
        }
    }

    /// Takes a label off; false when it was not there.
    pub(crate) fn take_label(&mut self, number: u64, name: &str, actor: &str, now: DateTime<Utc>) -> bool {
        let Some(issue) = self.issues.get_mut(&number) else { return false };
        let Some(at) = issue.labels.iter().position(|label| label.eq_ignore_ascii_case(name)) else { return false };
        let known = issue.labels.remove(at);
        self.happened(number, actor, now, EventKind::Unlabeled(known));
        true
    }

    /// Assigns people. Logins that cannot be assigned are dropped without a word, as GitHub does. Assigning Copilot to
    /// an issue starts it: it opens a draft pull request of its own.
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
            let shown = if copilot { COPILOT.to_owned() } else { login.clone() };
            let Some(issue) = self.issues.get_mut(&number).filter(|_| assignable) else { continue };
            if issue.assignees.contains(&shown) {
                continue;
            }
            issue.assignees.push(shown.clone());
            if copilot {
                issue.agent_assignment = agent_assignment.cloned();
            }
            self.happened(number, actor, now, EventKind::Assigned(shown));
            if copilot && !self.pulls.contains_key(&number) {
                let pull = self.copilot_opens_pull(number, agent_assignment, now);
                let agent_assignment = agent_assignment.cloned();
                self.hand_overs.push(HandOver::Assignment { issue: number, agent_assignment, pull, at: now });
            }
        }
    }

    /// Takes people off; Copilot goes by either of its logins.
    pub(crate) fn unassign(&mut self, number: u64, logins: &[String], actor: &str, now: DateTime<Utc>) {
        for login in logins {
            let shown = if login == COPILOT_ASSIGNEE { COPILOT } else { login };
            let Some(issue) = self.issues.get_mut(&number) else { return };
            if let Some(at) = issue.assignees.iter().position(|assignee| assignee == shown) {
                issue.assignees.remove(at);
                self.happened(number, actor, now, EventKind::Unassigned(shown.to_owned()));
            }
        }
    }

    fn copilot_opens_pull(&mut self, issue: u64, assignment: Option<&Value>, now: DateTime<Utc>) -> Option<u64> {
        let asked = assignment.and_then(|fields| fields["base_branch"].as_str()).filter(|branch| !branch.is_empty());
        let base = asked.unwrap_or(&self.default_branch).to_owned();
        let start = self.branch(&base)?.sha.clone();
        let branch = format!("copilot/fix-{issue}");
        self.refs.insert(format!("refs/heads/{branch}"), start);
        self.push_to(&branch, "Initial plan", COPILOT, now)?;
        let title = format!("[WIP] {}", self.issues[&issue].title);
        let body = format!("Fixes #{issue}");
        let new = NewPull { title: &title, body: &body, head: &branch, base: &base, draft: true };
        self.open_pull(&new, COPILOT, now).ok()
    }

    /// Changes title or body.
    pub(crate) fn rewrite(
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
            self.happened(number, actor, now, EventKind::Renamed { from, to: title.to_owned() });
        }
    }

    /// Closes or reopens.
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
            let usual = if state == "open" { "reopened" } else { "completed" };
            issue.state_reason = Some(reason.unwrap_or(usual).to_owned());
        }
        issue.updated_at = now;
        issue.closed_at = (state == "closed").then_some(now);
        if changed {
            let closed = EventKind::Closed(issue.state_reason.clone());
            self.happened(number, actor, now, if state == "open" { EventKind::Reopened } else { closed });
        }
    }
}
