//! A method of the stand-in for each action of a user.

use super::UserAction;
use crate::model::{Permission, ReviewState};
use crate::stand_in::StandIn;

impl StandIn {
    /// Performs an action of a user in the main repository.
    pub fn perform(&self, action: &UserAction) {
        self.shared.update(|state| state.perform(action));
    }

    /// Opens an issue without text.
    pub fn open_issue(&self, title: &str, login: &str) {
        self.perform(&UserAction::OpenIssue { title: title.into(), login: login.into() });
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

    /// Renames the branch of a pull request.
    pub fn rename_branch(&self, pull: u64, branch: &str) {
        self.perform(&UserAction::RenameBranch { pull, branch: branch.into() });
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
