//! `Claims`: the groups that a worker may claim.

use super::ClientHash;

/// The groups that a worker may claim.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    /// Their project.
    pub project: String,
    /// Includes groups of known senders that have no issue yet.
    pub known_issues: bool,
    /// Includes other groups that have no issue yet.
    pub other_issues: bool,
    /// Leaves out groups that have an issue.
    pub only_without_issue: bool,
    /// Clients, other than known senders, for whose groups no issue may be opened at present.
    pub spent: Vec<ClientHash>,
    /// The client whose group got the last issue. Its next group comes after those of the other clients.
    pub after: ClientHash,
}

impl Claims {
    /// Every group of a project.
    #[must_use]
    pub fn all(project: &str) -> Self {
        Self { project: project.to_owned(), known_issues: true, other_issues: true, ..Self::default() }
    }
}
