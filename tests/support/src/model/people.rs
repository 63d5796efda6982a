//! Who may do what in a repository.

use serde::{Deserialize, Serialize};

/// A collaborator's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// No access.
    None,
    /// May look.
    Read,
    /// May label and close, but not write.
    Triage,
    /// May push.
    Write,
    /// May push and manage.
    Maintain,
    /// May do everything.
    Admin,
}

impl Permission {
    /// The role's name, as `role_name` tells it.
    pub fn role_name(self) -> &'static str {
        match self {
            Permission::None => "none",
            Permission::Read => "read",
            Permission::Triage => "triage",
            Permission::Write => "write",
            Permission::Maintain => "maintain",
            Permission::Admin => "admin",
        }
    }

    /// The older, coarser name in `permission`: triage counts as read, maintain as write.
    pub fn legacy_name(self) -> &'static str {
        match self {
            Permission::Triage => "read",
            Permission::Maintain => "write",
            other => other.role_name(),
        }
    }

    /// Whether this role may push.
    pub fn may_write(self) -> bool {
        self >= Permission::Write
    }
}

/// Whether a login is an app's. Copilot does not work for apps: it wants a person behind the token.
pub(crate) fn is_app(login: &str) -> bool {
    login.ends_with("[bot]")
}
