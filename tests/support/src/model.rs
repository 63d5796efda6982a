//! What the stand-in remembers, in GitHub's terms and without its wire format.

mod activity;
mod commit;
mod issue;
mod people;
mod pull;
mod repository;
mod task;

pub use activity::{Comment, Event, EventKind};
pub use commit::Commit;
pub(crate) use issue::NewIssue;
pub use issue::{Issue, Label};
pub use people::Permission;
pub(crate) use people::is_app;
pub(crate) use pull::{NewPull, PullRefused};
pub use pull::{Pull, PullRequest};
pub use repository::{Lag, Repository, Settings};
pub(crate) use task::NewTask;
pub use task::{HandOver, Task};

/// The login by which Copilot is assigned over REST.
pub const COPILOT_ASSIGNEE: &str = "copilot-swe-agent[bot]";
/// The login by which Copilot is shown in answers.
pub const COPILOT: &str = "Copilot";
