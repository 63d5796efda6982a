//! Types and limits of the wire between senders and the ingest service. This crate has no I/O and no clock.
//!
//! `tests/golden/` has one JSON file per type. The tests of both sides read these files.

mod class;
pub mod json;
pub mod limits;
mod receipt;
mod refusal;
mod report;
mod session;
mod source_code;
mod trace;
pub mod wording;

pub use class::Class;
pub use json::Json;
pub use receipt::{Receipt, ReceiptStatus};
pub use refusal::{Refusal, RefusalCode};
pub use report::{Cause, ErrorReport, Exit, LogLine, Rpc, Server, Severity, Source};
pub use session::session_hash;
pub use source_code::{FileState, SourceCode, SourceExcerpt};
pub use trace::Trace;
