//! A stand-in for GitHub: it implements the API, checks every request and response against GitHub's OpenAPI
//! description, and fails on demand.
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

mod api;
mod api_request;
mod api_response;
pub mod burst;
mod clock;
mod control;
mod description;
mod fault;
mod handler;
mod markdown;
mod model;
mod operation;
mod pages;
mod path_template;
mod recorded;
mod render;
mod routes;
mod schema;
mod server;
pub mod server_process;
pub mod service;
mod shared_state;
mod stand_in;
mod state;
mod user_action;

pub use fault::{Failure, Fault};
pub use model::{
    COPILOT, COPILOT_ASSIGNEE, Comment, Commit, Departure, Event, EventKind, HandOver, Issue, Label, Lag, Permission,
    Pull, PullRequest, Repository, Review, ReviewComment, ReviewState, Settings, Task,
};
pub use operation::Operation;
pub use recorded::{RecordedRequest, Side, Violation};
pub use stand_in::{Options, StandIn};
pub use state::{Outage, State};
pub use user_action::UserAction;
