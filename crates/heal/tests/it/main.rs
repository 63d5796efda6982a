//! The worker with a real SQLite file and the stand-in for GitHub, on a clock that the tests advance.

#![expect(clippy::unwrap_used, reason = "a failed `unwrap` fails the test")]

mod bundles;
mod claims;
mod clocks;
mod connection;
mod earlier_version;
mod gate;
mod gate_cases;
mod github_failures;
mod harness;
mod other_repository;
mod raised;
mod refusals;
mod shown_sample;
mod stops;
mod without_failures;
