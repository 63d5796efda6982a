//! What people do, past the API: labelling, editing, commenting, closing.

use serde::Deserialize;

use crate::model::{Lag, Permission};
use crate::stand_in::StandIn;
use crate::state::State;

/// Something a person does in the main repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Deed {
    /// Puts a label on an issue or pull request.
    AddLabel {
        /// Which.
        number: u64,
        /// The label.
        label: String,
        /// Who.
        login: String,
    },
    /// Takes a label off.
    RemoveLabel {
        /// Which.
        number: u64,
        /// The label.
        label: String,
        /// Who.
        login: String,
    },
    /// Replaces a body.
    Edit {
        /// Which.
        number: u64,
        /// The new text.
        body: String,
        /// Who.
        login: String,
    },
    /// Comments.
    Comment {
        /// On which.
        number: u64,
        /// The text.
        text: String,
        /// Who.
        login: String,
    },
    /// Closes.
    Close {
        /// Which.
        number: u64,
        /// Who.
        login: String,
    },
    /// Reopens.
    Reopen {
        /// Which.
        number: u64,
        /// Who.
        login: String,
    },
    /// Merges a pull request, which closes the issues its text says it fixes.
    Merge {
        /// Which.
        number: u64,
        /// Who.
        login: String,
    },
    /// Is given a permission.
    SetPermission {
        /// Who.
        login: String,
        /// Which.
        permission: Permission,
    },
    /// Changes what the repository supports.
    Configure {
        /// Whether drafts are supported.
        drafts_supported: Option<bool>,
        /// Whether Copilot is enabled.
        agent_available: Option<bool>,
        /// Whether issues are enabled.
        has_issues: Option<bool>,
    },
}

impl State {
    /// Lets someone do something.
    pub(crate) fn do_deed(&mut self, deed: &Deed) {
        let now = self.now();
        let repository = self.repository_mut();
        match deed {
            Deed::AddLabel { number, label, login } => {
                repository.put_labels(*number, std::slice::from_ref(label), login, now);
            }
            Deed::RemoveLabel { number, label, login } => {
                repository.take_label(*number, label, login, now);
            }
            Deed::Edit { number, body, login } => repository.rewrite(*number, None, Some(body), login, now),
            Deed::Comment { number, text, login } => {
                if repository.issues.contains_key(number) {
                    repository.add_comment(*number, text, login, now);
                }
            }
            Deed::Close { number, login } => repository.set_state(*number, "closed", None, login, now),
            Deed::Reopen { number, login } => repository.set_state(*number, "open", None, login, now),
            Deed::Merge { number, login } => repository.merge(*number, login, now),
            Deed::SetPermission { login, permission } => {
                repository.permissions.insert(login.clone(), *permission);
            }
            Deed::Configure { drafts_supported, agent_available, has_issues } => {
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
        self.repositories.iter_mut().for_each(crate::model::Repository::hide_from_now);
    }
}

impl StandIn {
    /// Lets someone do something in the main repository.
    pub fn do_deed(&self, deed: &Deed) {
        self.shared.change(|state| state.do_deed(deed));
    }

    /// Someone puts a label on an issue or pull request.
    pub fn add_label(&self, number: u64, label: &str, login: &str) {
        self.do_deed(&Deed::AddLabel { number, label: label.into(), login: login.into() });
    }

    /// Someone takes a label off.
    pub fn remove_label(&self, number: u64, label: &str, login: &str) {
        self.do_deed(&Deed::RemoveLabel { number, label: label.into(), login: login.into() });
    }

    /// Someone is given a permission. Everyone else may read.
    pub fn set_permission(&self, login: &str, permission: Permission) {
        self.do_deed(&Deed::SetPermission { login: login.into(), permission });
    }

    /// Someone replaces the body of an issue or pull request.
    pub fn edit_issue(&self, number: u64, body: &str, login: &str) {
        self.do_deed(&Deed::Edit { number, body: body.into(), login: login.into() });
    }

    /// Someone comments on an issue or pull request.
    pub fn comment(&self, number: u64, text: &str, login: &str) {
        self.do_deed(&Deed::Comment { number, text: text.into(), login: login.into() });
    }

    /// Someone closes an issue or pull request.
    pub fn close_issue(&self, number: u64, login: &str) {
        self.do_deed(&Deed::Close { number, login: login.into() });
    }

    /// Someone reopens an issue or pull request.
    pub fn reopen_issue(&self, number: u64, login: &str) {
        self.do_deed(&Deed::Reopen { number, login: login.into() });
    }

    /// Someone merges a pull request, which closes the issues its text says it fixes.
    pub fn merge_pull(&self, number: u64, login: &str) {
        self.do_deed(&Deed::Merge { number, login: login.into() });
    }

    /// Whether the repository supports drafts.
    pub fn set_drafts_supported(&self, supported: bool) {
        self.shared.change(|state| state.repository_mut().settings.drafts_supported = supported);
    }

    /// Whether Copilot is enabled for the repository.
    pub fn set_agent_available(&self, available: bool) {
        self.shared.change(|state| state.repository_mut().settings.agent_available = available);
    }

    /// Whether the repository has issues.
    pub fn set_has_issues(&self, has_issues: bool) {
        self.shared.change(|state| state.repository_mut().settings.has_issues = has_issues);
    }
}
