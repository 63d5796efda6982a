//! Capture: a Rust program's own panics and errors, and the failures of its MCP server, become reports.
//!
//! Three lines in a program whose `main` returns errors:
//!
//! ```no_run
//! # mod shop { pub fn run() -> Result<(), Box<dyn std::error::Error>> { Ok(()) } }
//! use autoheal_capture as capture;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _capture = capture::start("shop", env!("CARGO_PKG_VERSION"));
//!     shop::run().inspect_err(|error| capture::error(&**error))
//! }
//! ```
//!
//! With `tracing`, the last 50 events before a failure go with its report:
//!
//! ```
//! # use autoheal_capture as capture;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry().with(capture::layer());
//! ```
//!
//! Reports go to the service at `AUTOHEAL_URL`, else into the store that `autoheal serve` shows. They are on the disk before
//! a panic's hook returns, so a program that aborts loses none: its next run delivers them.

mod backtrace;
mod breadcrumbs;
mod error;
mod facts;
#[cfg(feature = "rmcp")]
mod healed;
mod hook;
mod layer;
mod panic;
mod reader;
mod storm;
mod tell;

use std::sync::OnceLock;
use std::time::Duration;

use autoheal_deliver::MAX_DELAY;

#[cfg(feature = "rmcp")]
pub use healed::{Healed, OverHttp};
pub use layer::{Layer, layer};

/// Maximum delay of the program's end for reports of an earlier run, which can wait longer.
const LAST_OF_EARLIER: Duration = Duration::from_millis(300);

/// What the program calls itself.
struct Program {
    name: String,
    release: String,
}

static PROGRAM: OnceLock<Program> = OnceLock::new();

/// Captures until the program's end. Dropping it delivers what was captured, for at most two seconds.
#[derive(Debug)]
#[must_use = "what was captured is delivered when this is dropped; keep it until the end of main"]
pub struct Capture {
    _private: (),
}

/// Starts capturing panics, after and in addition to whatever hook is there; `error`, `layer` and `Healed` find their way from
/// here. What an earlier run could not deliver is delivered now.
pub fn start(name: &str, release: &str) -> Capture {
    let _started_before = PROGRAM.set(Program { name: name.to_owned(), release: release.to_owned() });
    hook::install();
    if autoheal_deliver::has_spooled_reports() {
        tell::what_waits();
    }
    Capture { _private: () }
}

impl Capture {
    /// For a program that serves others: what it says in a panic may be their words, so a person approves it before any
    /// agent reads it.
    pub fn remote(self) -> Self {
        tell::speak_for_others();
        self
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        tell::finish(MAX_DELAY, LAST_OF_EARLIER);
    }
}

/// Reports an error that ends the program, with what caused it. It is on the disk when this returns. That nobody reads the
/// program's output any more is no failure.
pub fn error(error: &(dyn std::error::Error + 'static)) {
    if !(error::is_broken_pipe(error) && reader::is_gone()) {
        tell::now(error::report(error));
    }
}
