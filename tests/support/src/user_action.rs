//! Actions of users on GitHub's pages, without the API: labelling, editing, commenting, closing.

mod methods;

use serde::Deserialize;

use crate::model::{Departure, Lag, NewIssue, Permission, Repository, ReviewState};
use crate::state::State;

/// An action of a user in the main repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum UserAction {
    /// Opens an issue without text.
    OpenIssue {
        /// Its title.
        title: String,
        /// The user.
        login: String,
    },
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
    /// Renames the branch of a pull request.
    RenameBranch {
        /// The pull request.
        pull: u64,
        /// The new name.
        branch: String,
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
            UserAction::OpenIssue { title, login } => {
                repository.open_issue(NewIssue { title, body: "", labels: Vec::new() }, login, now);
            }
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
            UserAction::RenameBranch { pull, branch } => repository.rename_branch_of(*pull, branch),
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
