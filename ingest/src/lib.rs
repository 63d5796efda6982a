//! The ingest service: receives reports over HTTP, stores each before it responds, and has a dashboard for the
//! operator.

mod access;
mod app;
mod body;
mod body_budget;
mod config;
mod error;
mod gateway_failures;
mod intake;
mod known_failures;
mod known_groups;
mod metrics;
mod own_store;
mod rate;
mod recent_page_reports;
mod routes;
mod source_maps;
mod state;
mod status;
mod templates;
mod throttle;

pub use app::App;
pub use config::{Config, ProjectKey, RateLimits};
pub use intake::Intake;
pub use own_store::{StorePathError, record_in_own_store, store_path};
pub use source_maps::LookupBuilder;
