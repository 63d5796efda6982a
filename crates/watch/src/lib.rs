//! Detects failures in the conversation between an MCP client and its server: messages in, reports out.
//!
//! `autoheal mcp` passes in the lines of a server's pipes, the gateway passes in HTTP bodies and event streams. Both
//! forward the bytes unchanged before they pass a copy to [`Watch`], which does no I/O.

mod boundary;
mod call;
mod classify;
mod collect;
mod early_responses;
mod inventory_file;
mod lenient;
mod message;
mod moment;
mod open_calls;
mod pending_failures;
mod report;
mod reproduction;
mod server_state;
mod setup;
mod skim;
mod stderr;
mod tasks;
mod watch;

pub use boundary::Boundary;
pub use call::Kind;
pub use classify::{Classification, classify_error, classify_text, failure_class};
pub use collect::{Collector, Lines, Message};
pub use inventory_file::{Inventory, InventoryFile};
pub use moment::{Clocks, Moment};
pub use report::{client_hash, scrub_params};
pub use reproduction::Reproduction;
pub use server_state::ServerState;
pub use setup::{ExchangeEnd, OpenedCalls, Peer, Scope, Setup, Target, WatchedReport};
pub use watch::Watch;
