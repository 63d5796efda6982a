//! Permissions of users in a repository.

use serde::{Deserialize, Serialize};

/// A collaborator's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// No access.
    None,
    /// May read.
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
    /// The role's name in the field `role_name`.
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

    /// The name in the older field `permission`: triage is `read`, maintain is `write`.
    pub fn legacy_name(self) -> &'static str {
        match self {
            Permission::Triage => "read",
            Permission::Maintain => "write",
            other => other.role_name(),
        }
    }

    /// True if this role may push.
    pub fn may_write(self) -> bool {
        self >= Permission::Write
    }
}

/// True if a login belongs to an app. Copilot works only for users, not for apps.
pub(crate) fn is_app(login: &str) -> bool {
    login.ends_with("[bot]")
}
