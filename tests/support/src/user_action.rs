//! Actions of users on GitHub's pages, without the API: labelling, editing, commenting, closing.

use serde::Deserialize;

use crate::model::{Departure, Lag, Permission, Repository, ReviewState};
use crate::stand_in::StandIn;
use crate::state::State;

/// An action of a user in the main repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum UserAction {
    /// Adds a label to an issue or pull request.
    AddLabel {
        /// The issue or pull request.
        number: u64,
        /// The label.
        label: String,
        /// The user.
        login: String,
    },
    /// Adds a label by an app that acts for the user.
    AddLabelByApp {
        /// The issue or pull request.
        number: u64,
        /// The label.
        label: String,
        /// The user.
        login: String,
    },
    /// Removes a label.
    RemoveLabel {
        /// The issue or pull request.
        number: u64,
        /// The label.
        label: String,
        /// The user.
        login: String,
    },
    /// Changes the title of an issue or pull request.
    Rename {
        /// The issue or pull request.
        number: u64,
        /// The new title.
        title: String,
        /// The user.
        login: String,
    },
    /// Replaces a body.
    Edit {
        /// The issue or pull request.
        number: u64,
        /// The new text.
        body: String,
        /// The user.
        login: String,
    },
    /// Adds a comment. On a locked issue or pull request only users who may write can comment and review.
    Comment {
        /// The issue or pull request.
        number: u64,
        /// The text.
        text: String,
        /// The user.
        login: String,
    },
    /// Replaces the text of a comment on an issue, a pull request or a line.
    EditComment {
        /// The comment.
        id: u64,
        /// The new text.
        text: String,
    },
    /// Reviews a pull request.
    Review {
        /// The pull request.
        pull: u64,
        /// The text.
        text: String,
        /// The user.
        login: String,
        /// The state; `commented` if absent.
        #[serde(default)]
        state: ReviewState,
    },
    /// Comments on a line of a pull request.
    ReviewComment {
        /// The pull request.
        pull: u64,
        /// The text.
        text: String,
        /// The user.
        login: String,
    },
    /// Replaces the text of a review.
    EditReview {
        /// The pull request.
        pull: u64,
        /// Index among its reviews, oldest first.
        index: usize,
        /// The new text.
        text: String,
    },
    /// Closes an issue or pull request.
    Close {
        /// The issue or pull request.
        number: u64,
        /// The user.
        login: String,
    },
    /// Reopens an issue or pull request.
    Reopen {
        /// The issue or pull request.
        number: u64,
        /// The user.
        login: String,
    },
    /// Locks an issue or pull request.
    Lock {
        /// The issue or pull request.
        number: u64,
        /// The reason, if any: `off-topic`, `too heated`, `resolved` or `spam`.
        reason: Option<String>,
        /// The user.
        login: String,
    },
    /// Unlocks an issue or pull request.
    Unlock {
        /// The issue or pull request.
        number: u64,
        /// The user.
        login: String,
    },
    /// Marks a draft as ready for review.
    MarkReady {
        /// The pull request.
        pull: u64,
        /// The user.
        login: String,
    },
    /// Makes a pull request a draft.
    ConvertToDraft {
        /// The pull request.
        pull: u64,
        /// The user.
        login: String,
    },
    /// Merges a pull request, which closes the issues that its text says it fixes.
    Merge {
        /// The pull request.
        number: u64,
        /// The user.
        login: String,
    },
    /// Pushes a commit to the branch of a pull request.
    Push {
        /// The pull request.
        pull: u64,
        /// The user.
        login: String,
    },
    /// Creates a branch with a commit of its own on top of the default branch.
    CreateBranch {
        /// The branch.
        branch: String,
        /// The user.
        login: String,
    },
    /// Changes the base of a pull request to this branch, which is created if it does not exist.
    ChangeBase {
        /// The pull request.
        pull: u64,
        /// The new base.
        base: String,
    },
    /// Deletes a label of the repository, which removes it from every issue and pull request.
    DeleteLabel {
        /// The label.
        label: String,
    },
    /// Transfers an issue to another repository: the second one, or a new one if there is no second.
    Transfer {
        /// The issue.
        number: u64,
    },
    /// Deletes an issue.
    DeleteIssue {
        /// The issue.
        number: u64,
    },
    /// Converts an issue to a discussion, so that it cannot be read any more.
    ConvertToDiscussion {
        /// The issue.
        number: u64,
    },
    /// Converts an issue to a discussion; the issue stays, closed and locked.
    CloseAsDiscussion {
        /// The issue.
        number: u64,
        /// The user.
        login: String,
    },
    /// Gives the user a permission.
    SetPermission {
        /// The user.
        login: String,
        /// The new permission.
        permission: Permission,
    },
    /// Changes the repository's settings.
    Configure {
        /// Draft support; unchanged if absent.
        drafts_supported: Option<bool>,
        /// Availability of Copilot; unchanged if absent.
        agent_available: Option<bool>,
        /// Availability of issues; unchanged if absent.
        has_issues: Option<bool>,
    },
}

impl State {
    /// Performs an action of a user.
    pub(crate) fn perform(&mut self, action: &UserAction) {
        let now = self.now();
        let repository = self.repository_mut();
        match action {
            UserAction::AddLabel { number, label, login } => {
                repository.add_labels(*number, std::slice::from_ref(label), login, now);
            }
            UserAction::AddLabelByApp { number, label, login } => {
                repository.add_labels(*number, std::slice::from_ref(label), login, now);
                if let Some(event) = repository.events.last_mut() {
                    event.via_app = true;
                }
            }
            UserAction::RemoveLabel { number, label, login } => {
                repository.remove_label(*number, label, login, now);
            }
            UserAction::Rename { number, title, login } => repository.edit(*number, Some(title), None, login, now),
            UserAction::Edit { number, body, login } => repository.edit(*number, None, Some(body), login, now),
            UserAction::Comment { number, text, login } => {
                if repository.may_comment(*number, login) {
                    repository.add_comment(*number, text, login, now);
                }
            }
            UserAction::EditComment { id, text } => repository.edit_comment(*id, text, now),
            UserAction::Review { pull, text, login, state } => {
                if repository.may_comment(*pull, login) {
                    repository.add_review(*pull, text, *state, login, now);
                }
            }
            UserAction::ReviewComment { pull, text, login } => {
                if repository.may_comment(*pull, login) {
                    repository.add_review_comment(*pull, text, login, now);
                }
            }
            UserAction::EditReview { pull, index, text } => repository.edit_review(*pull, *index, text),
            UserAction::Close { number, login } => repository.set_state(*number, "closed", None, login, now),
            UserAction::Reopen { number, login } => repository.set_state(*number, "open", None, login, now),
            UserAction::Lock { number, reason, login } => repository.lock(*number, reason.as_deref(), login, now),
            UserAction::Unlock { number, login } => repository.unlock(*number, login, now),
            UserAction::MarkReady { pull, login } => repository.set_draft(*pull, false, login, now),
            UserAction::ConvertToDraft { pull, login } => repository.set_draft(*pull, true, login, now),
            UserAction::Merge { number, login } => repository.merge(*number, login, now),
            UserAction::Push { pull, login } => repository.push_to(*pull, login, now),
            UserAction::CreateBranch { branch, login } => repository.create_branch(branch, login, now),
            UserAction::ChangeBase { pull, base } => repository.change_base(*pull, base, now),
            UserAction::DeleteLabel { label } => repository.delete_label(label),
            UserAction::Transfer { number } => self.transfer(*number),
            UserAction::DeleteIssue { number } => repository.discard_issue(*number, Departure::Deleted),
            UserAction::ConvertToDiscussion { number } => repository.discard_issue(*number, Departure::Discussion),
            UserAction::CloseAsDiscussion { number, login } => repository.close_as_discussion(*number, login, now),
            UserAction::SetPermission { login, permission } => {
                repository.permissions.insert(login.clone(), *permission);
            }
            UserAction::Configure { drafts_supported, agent_available, has_issues } => {
                let settings = &mut repository.settings;
                settings.drafts_supported = drafts_supported.unwrap_or(settings.drafts_supported);
                settings.agent_available = agent_available.unwrap_or(settings.agent_available);
                settings.has_issues = has_issues.unwrap_or(settings.has_issues);
            }
        }
    }

    pub(crate) fn release_all(&mut self) {
        self.requests.iter_mut().for_each(|request| request.held = false);
    }

    pub(crate) fn set_lag(&mut self, lag: Lag) {
        self.repositories.iter_mut().for_each(|repository| repository.lag = lag);
    }

    pub(crate) fn hide_new_from_lists(&mut self) {
        self.repositories.iter_mut().for_each(Repository::hide_from_now);
    }
}

impl StandIn {
    /// Performs an action of a user in the main repository.
    pub fn perform(&self, action: &UserAction) {
        self.shared.update(|state| state.perform(action));
    }

    /// Adds a label to an issue or pull request.
    pub fn add_label(&self, number: u64, label: &str, login: &str) {
        self.perform(&UserAction::AddLabel { number, label: label.into(), login: login.into() });
    }

    /// Adds a label by an app that acts for the user.
    pub fn add_label_by_app(&self, number: u64, label: &str, login: &str) {
        self.perform(&UserAction::AddLabelByApp { number, label: label.into(), login: login.into() });
    }

    /// Removes a label.
    pub fn remove_label(&self, number: u64, label: &str, login: &str) {
        self.perform(&UserAction::RemoveLabel { number, label: label.into(), login: login.into() });
    }

    /// Changes the title of an issue or pull request.
    pub fn rename(&self, number: u64, title: &str, login: &str) {
        self.perform(&UserAction::Rename { number, title: title.into(), login: login.into() });
    }

    /// Gives a user a permission. All other users may read.
    pub fn set_permission(&self, login: &str, permission: Permission) {
        self.perform(&UserAction::SetPermission { login: login.into(), permission });
    }

    /// Replaces the body of an issue or pull request.
    pub fn edit_issue(&self, number: u64, body: &str, login: &str) {
        self.perform(&UserAction::Edit { number, body: body.into(), login: login.into() });
    }

    /// Comments on an issue or pull request, unless it is locked and the user may not write.
    pub fn comment(&self, number: u64, text: &str, login: &str) {
        self.perform(&UserAction::Comment { number, text: text.into(), login: login.into() });
    }

    /// Replaces the text of a comment on an issue, a pull request or a line.
    pub fn edit_comment(&self, id: u64, text: &str) {
        self.perform(&UserAction::EditComment { id, text: text.into() });
    }

    /// Reviews a pull request, with the state `COMMENTED`.
    pub fn review(&self, pull: u64, text: &str, login: &str) {
        self.review_with_state(pull, text, login, ReviewState::Commented);
    }

    /// Reviews a pull request, with this state.
    pub fn review_with_state(&self, pull: u64, text: &str, login: &str, state: ReviewState) {
        self.perform(&UserAction::Review { pull, text: text.into(), login: login.into(), state });
    }

    /// Comments on a line of a pull request. As on GitHub this also adds a review without text.
    pub fn review_comment(&self, pull: u64, text: &str, login: &str) {
        self.perform(&UserAction::ReviewComment { pull, text: text.into(), login: login.into() });
    }

    /// Replaces the text of a review, which keeps its time. `index` counts the pull request's reviews from 0, oldest
    /// first.
    pub fn edit_review(&self, pull: u64, index: usize, text: &str) {
        self.perform(&UserAction::EditReview { pull, index, text: text.into() });
    }

    /// Closes an issue or pull request.
    pub fn close_issue(&self, number: u64, login: &str) {
        self.perform(&UserAction::Close { number, login: login.into() });
    }

    /// Reopens an issue or pull request.
    pub fn reopen_issue(&self, number: u64, login: &str) {
        self.perform(&UserAction::Reopen { number, login: login.into() });
    }

    /// Locks an issue or pull request, without a reason.
    pub fn lock(&self, number: u64, login: &str) {
        self.perform(&UserAction::Lock { number, reason: None, login: login.into() });
    }

    /// Unlocks an issue or pull request.
    pub fn unlock(&self, number: u64, login: &str) {
        self.perform(&UserAction::Unlock { number, login: login.into() });
    }

    /// Marks a draft as ready for review.
    pub fn mark_ready(&self, pull: u64, login: &str) {
        self.perform(&UserAction::MarkReady { pull, login: login.into() });
    }

    /// Makes a pull request a draft.
    pub fn convert_to_draft(&self, pull: u64, login: &str) {
        self.perform(&UserAction::ConvertToDraft { pull, login: login.into() });
    }

    /// Merges a pull request, which closes the issues that its text says it fixes.
    pub fn merge_pull(&self, number: u64, login: &str) {
        self.perform(&UserAction::Merge { number, login: login.into() });
    }

    /// Pushes a commit to the branch of a pull request.
    pub fn push(&self, pull: u64, login: &str) {
        self.perform(&UserAction::Push { pull, login: login.into() });
    }

    /// Creates a branch with a commit of its own on top of the default branch.
    pub fn create_branch(&self, branch: &str, login: &str) {
        self.perform(&UserAction::CreateBranch { branch: branch.into(), login: login.into() });
    }

    /// Changes the base of a pull request to this branch, which is created if it does not exist.
    pub fn change_base(&self, pull: u64, base: &str) {
        self.perform(&UserAction::ChangeBase { pull, base: base.into() });
    }

    /// Deletes a label of the repository, which removes it from every issue and pull request without an event.
    pub fn delete_label(&self, label: &str) {
        self.perform(&UserAction::DeleteLabel { label: label.into() });
    }

    /// Transfers an issue to another repository: the second one, or a new one if there is no second. Requests for it get
    /// a 301 to its new place, where everyone may read it and its author may change it.
    pub fn transfer(&self, number: u64) {
        self.perform(&UserAction::Transfer { number });
    }

    /// Deletes an issue. Requests for it get a 410.
    pub fn delete_issue(&self, number: u64) {
        self.perform(&UserAction::DeleteIssue { number });
    }

    /// Converts an issue to a discussion. Requests for it get a 410, which is assumed: GitHub documents no status.
    pub fn convert_to_discussion(&self, number: u64) {
        self.perform(&UserAction::ConvertToDiscussion { number });
    }

    /// Converts an issue to a discussion and keeps the issue: closed and locked, without its comments, and with the event
    /// `converted_to_discussion`. GitHub documents this event; that the issue can still be read is assumed.
    pub fn close_as_discussion(&self, number: u64, login: &str) {
        self.perform(&UserAction::CloseAsDiscussion { number, login: login.into() });
    }

    /// Adds this number of events that change nothing (`mentioned`, `subscribed`) to an issue or pull request.
    pub fn add_noise_events(&self, number: u64, count: usize) {
        self.shared.update(|state| {
            let now = state.now();
            state.repository_mut().add_noise_events(number, count, now);
        });
    }

    /// Enables or disables drafts.
    pub fn set_drafts_supported(&self, supported: bool) {
        self.shared.update(|state| state.repository_mut().settings.drafts_supported = supported);
    }

    /// Enables or disables Copilot.
    pub fn set_agent_available(&self, available: bool) {
        self.shared.update(|state| state.repository_mut().settings.agent_available = available);
    }

    /// Enables or disables issues.
    pub fn set_has_issues(&self, has_issues: bool) {
        self.shared.update(|state| state.repository_mut().settings.has_issues = has_issues);
    }
}
