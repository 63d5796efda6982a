//! Facts about the repository that the worker reads at its start: the login of its credential, and the missing labels.

use super::{WorkResult, Worker};
use crate::compose::labels;
use crate::request_bodies::NewLabel;

/// Facts about the repository.
pub(super) struct RepositoryInfo {
    /// The login behind the credential. Markers count only in issues and comments of this login.
    pub(super) login: String,
    /// Labels still to be created.
    pub(super) missing_labels: Vec<NewLabel>,
}

impl Worker {
    /// Reads the login and the labels.
    pub(super) async fn inspect_repository(&mut self) -> WorkResult<RepositoryInfo> {
        let login = self.github.login().await?;
        let existing = self.github.labels().await?;
        let is_missing = |label: &NewLabel| !existing.iter().any(|name| name.eq_ignore_ascii_case(&label.name));
        let missing_labels: Vec<NewLabel> = labels().into_iter().filter(is_missing).collect();
        self.reset_wait().await?;
        tracing::info!(login, missing_labels = missing_labels.len(), "worker: GitHub responds");
        Ok(RepositoryInfo { login, missing_labels })
    }
}
