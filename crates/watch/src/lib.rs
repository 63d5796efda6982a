//! What fails in the conversation with an MCP server, told from the wire alone: messages in, reports out; pure, no I/O.
//!
//! `autoheal mcp` feeds it the lines of a server's pipes, the gateway the bodies and event streams of HTTP. Both forward
//! bytes untouched first and show them here afterwards.

mod boundary;
mod call;
mod classify;
mod collect;
mod early_responses;
mod inventory_file;
mod lenient;
mod message;
mod open_calls;
mod pending_failures;
mod report;
mod reproduction;
mod server_state;
mod setup;
mod skim;
mod stderr;
mod watch;
mod wording;

pub use boundary::Boundary;
pub use call::Kind;
pub use classify::{Classification, classify_error, classify_text, error_type, failure_class};
pub use collect::{Collector, Lines, Message};
pub use inventory_file::{Inventory, InventoryFile};
pub use report::{client_hash, scrub_params};
pub use reproduction::Reproduction;
pub use server_state::ServerState;
pub use setup::{ExchangeEnd, OpenedCalls, Scope, Setup, Target};
pub use watch::Watch;
