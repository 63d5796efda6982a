//! What the worker looks at once: who it is, and which labels are missing.

use serde_json::{Value, json};

use super::{WorkResult, Worker};
use crate::compose::labels;

/// What is known of the repository.
pub(super) struct Ground {
    /// The login behind the credential: markers count only on what this login wrote.
    pub(super) login: String,
    /// Labels still to be made, as payloads.
    pub(super) missing_labels: Vec<Value>,
}

impl Worker {
    pub(super) async fn look_around(&mut self) -> WorkResult<Ground> {
        let login = self.github.login().await?;
        let existing = self.github.labels().await?;
        let missing =
            |(name, _, _): &(&str, &str, &str)| !existing.iter().any(|label| label.eq_ignore_ascii_case(name));
        let payload = |(name, color, description)| json!({"name": name, "color": color, "description": description});
        let missing_labels: Vec<Value> = labels().into_iter().filter(missing).map(payload).collect();
        self.went_well().await?;
        tracing::info!(login, missing_labels = missing_labels.len(), "worker: GitHub answers");
        Ok(Ground { login, missing_labels })
    }
}
