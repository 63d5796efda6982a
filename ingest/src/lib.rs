//! The ingest service: reports in over HTTP, durable before they are answered, and a dashboard for the operator.

mod access;
mod app;
mod body;
mod config;
mod error;
mod failures;
mod intake;
mod metrics;
mod own_store;
mod rate;
mod routes;
mod state;
mod templates;
mod told;

pub use app::App;
pub use config::{Config, ProjectKey};
pub use intake::Intake;
pub use own_store::{record_in_own_store, store_path};
