//! The data model of the stand-in, in GitHub's terms and without the JSON format.

mod activity;
mod commit;
mod departure;
mod issue;
mod permission;
mod pull;
mod repository;
mod review;
mod task;

pub use activity::{Comment, Event, EventKind};
pub use commit::Commit;
pub use departure::Departure;
pub(crate) use issue::NewIssue;
pub use issue::{Issue, Label};
pub use permission::Permission;
pub(crate) use permission::is_app;
pub(crate) use pull::{NewPull, OpenPullError};
pub use pull::{Pull, PullRequest};
pub use repository::{Lag, Repository, Settings};
pub use review::{Review, ReviewComment, ReviewState};
pub(crate) use task::NewTask;
pub use task::{HandOver, Task};

/// Copilot's login in requests that assign it.
pub const COPILOT_ASSIGNEE: &str = "copilot-swe-agent[bot]";
/// Copilot's login in responses.
pub const COPILOT: &str = "Copilot";
