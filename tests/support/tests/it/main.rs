//! Tests of the stand-in: it behaves as GitHub does, records violations of GitHub's description, and fails on demand.

#![expect(clippy::unwrap_used, reason = "a failed `unwrap` fails the test")]

mod agents;
mod client;
mod contract;
mod control;
mod departures;
mod faults;
mod git;
mod issues;
mod lists;
mod octocrab_client;
mod outages;
mod pages;
mod process;
mod pulls;
mod reviews;
