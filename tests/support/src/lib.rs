//! A stand-in for GitHub: it behaves as GitHub does, checks every request and answer against GitHub's own description,
//! and has bad days on demand.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use autoheal_test_support::{Failure, Fault, Operation, StandIn};
//!
//! let github = StandIn::start().await;
//! github.inject(Fault::on(Operation::CreateIssue, Failure::BadGatewayAfter));
//! // … point the code under test at github.url() with github.token() …
//! assert!(github.violations().is_empty());
//! # });
//! ```

mod answering;
mod api;
mod call;
mod clock;
mod control;
mod description;
mod fault;
mod markdown;
mod model;
mod operation;
mod pages;
mod path_template;
mod people;
mod recorded;
mod render;
mod reply;
mod routes;
mod schema;
mod server;
pub mod service;
mod shared;
mod stand_in;
mod state;

pub use fault::{Failure, Fault};
pub use model::{
    COPILOT, COPILOT_ASSIGNEE, Comment, Commit, Event, EventKind, HandOver, Issue, Label, Lag, Permission, Pull,
    PullRequest, Repository, Settings, Task,
};
pub use operation::Operation;
pub use people::Deed;
pub use recorded::{RecordedRequest, Side, Violation};
pub use stand_in::{Options, StandIn};
pub use state::{Outage, State};
