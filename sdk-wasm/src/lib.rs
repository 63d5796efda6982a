//! The decisions of `MCPClient`, in Rust: ids, verdicts on responses, retries, eras, event streams, and reports about
//! failures.
//!
//! The shell in `npm/src` has promises, `fetch` and timers. It calls [`Session`] synchronously. Parameters and results
//! stay JavaScript values: a call that succeeds passes a few numbers to the module. Text is passed when a call fails, and
//! when an event stream is read.

mod era;
mod event_stream;
mod failure;
mod headers;
mod json;
mod outbox;
mod page;
mod reader;
mod report;
mod report_queue;
mod response;
mod retry;
mod session;
mod shared_numbers;
mod text;
mod throttle;

pub use event_stream::EventStream;
pub use outbox::Outbox;
pub use session::Session;

/// A small allocator, not a fast one, because every page loads the module and few calls fail.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
