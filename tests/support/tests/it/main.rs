//! The stand-in behaves as GitHub does, notices what does not fit, and fails as it is told.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod agents;
mod client;
mod contract;
mod control;
mod faults;
mod git;
mod issues;
mod lists;
mod octocrab_reads;
mod outages;
mod pages;
mod process;
mod pulls;
