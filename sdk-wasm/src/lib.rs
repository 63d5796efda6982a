//! MCPClient's decisions, in Rust: ids, verdicts on answers, retries, eras, event streams, and the reports about failures.
//!
//! The hand-written shell in `npm/src` owns promises, `fetch` and timers and calls [`Session`] synchronously. Parameters
//! and results stay JavaScript values; what crosses for a call that succeeds is a handful of numbers. Text crosses when
//! a call fails, and when an event stream is read.

mod attempt_object;
mod era;
mod event_stream;
mod failure;
mod frames;
mod headers;
mod json;
mod kept;
mod outbox;
mod page;
mod reader;
mod report;
mod response;
mod retry;
mod session;
mod shared_numbers;
mod storm;
mod text;

pub use event_stream::EventStream;
pub use outbox::Outbox;
pub use session::Session;

/// Every byte of the module travels to every page, and reports are few: a small allocator beats a fast one.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
