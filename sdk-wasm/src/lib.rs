//! MCPClient's decisions, in Rust: ids, verdicts on answers, retries, and the reports about failures.
//!
//! The hand-written shell in `npm/src` owns promises, `fetch` and timers and calls [`Session`] synchronously. Parameters
//! and results of calls that succeed stay JavaScript values; nothing is copied into this module's memory until a call
//! fails.

mod answer;
mod failure;
mod frames;
mod kept;
mod noted;
mod outbox;
mod page;
mod report;
mod retry;
mod scrubbed;
mod send;
mod session;
mod shell;
mod storm;
mod value;

pub use session::Session;
