//! Actions of users on GitHub's pages, without the API: labelling, editing, commenting, closing.

use serde::Deserialize;

use crate::model::{Lag, Permission, Repository};
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
    /// Removes a label.
    RemoveLabel {
        /// The issue or pull request.
        number: u64,
        /// The label.
        label: String,
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
    /// Adds a comment.
    Comment {
        /// The issue or pull request.
        number: u64,
        /// The text.
        text: String,
        /// The user.
        login: String,
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
    /// Merges a pull request, which closes the issues that its text says it fixes.
    Merge {
        /// The pull request.
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
            UserAction::RemoveLabel { number, label, login } => {
                repository.remove_label(*number, label, login, now);
            }
            UserAction::Edit { number, body, login } => repository.edit(*number, None, Some(body), login, now),
            UserAction::Comment { number, text, login } => {
                if repository.issues.contains_key(number) {
                    repository.add_comment(*number, text, login, now);
                }
            }
            UserAction::Close { number, login } => repository.set_state(*number, "closed", None, login, now),
            UserAction::Reopen { number, login } => repository.set_state(*number, "open", None, login, now),
            UserAction::Merge { number, login } => repository.merge(*number, login, now),
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

    /// Removes a label.
    pub fn remove_label(&self, number: u64, label: &str, login: &str) {
        self.perform(&UserAction::RemoveLabel { number, label: label.into(), login: login.into() });
    }

    /// Gives a user a permission. All other users may read.
    pub fn set_permission(&self, login: &str, permission: Permission) {
        self.perform(&UserAction::SetPermission { login: login.into(), permission });
    }

    /// Replaces the body of an issue or pull request.
    pub fn edit_issue(&self, number: u64, body: &str, login: &str) {
        self.perform(&UserAction::Edit { number, body: body.into(), login: login.into() });
    }

    /// Comments on an issue or pull request.
    pub fn comment(&self, number: u64, text: &str, login: &str) {
        self.perform(&UserAction::Comment { number, text: text.into(), login: login.into() });
    }

    /// Closes an issue or pull request.
    pub fn close_issue(&self, number: u64, login: &str) {
        self.perform(&UserAction::Close { number, login: login.into() });
    }

    /// Reopens an issue or pull request.
    pub fn reopen_issue(&self, number: u64, login: &str) {
        self.perform(&UserAction::Reopen { number, login: login.into() });
    }

    /// Merges a pull request, which closes the issues that its text says it fixes.
    pub fn merge_pull(&self, number: u64, login: &str) {
        self.perform(&UserAction::Merge { number, login: login.into() });
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
