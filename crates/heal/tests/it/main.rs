//! The worker with a real SQLite file and the stand-in for GitHub, on a clock that the tests advance.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_days;
mod earlier_version;
mod gate;
mod gate_cases;
mod path;
mod whole_path;
