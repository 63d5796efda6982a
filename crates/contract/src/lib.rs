//! The wire between senders and the ingest service: types and limits, no I/O, no clock.
//!
//! `tests/golden/` holds one JSON file per shape; the receiver and the browser client both read them.

mod class;
pub mod json;
pub mod limits;
mod receipt;
mod refusal;
mod report;

pub use class::Class;
pub use json::Json;
pub use receipt::{Receipt, ReceiptStatus};
pub use refusal::{Refusal, RefusalCode};
pub use report::{Cause, ErrorReport, Exit, LogLine, Rpc, Server, Severity, Source};
