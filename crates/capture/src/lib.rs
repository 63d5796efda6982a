//! Capture: a Rust program's panics and errors, and the failures of its MCP server, become reports.
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
//! With `tracing`, a report holds the last 50 events before the failure:
//!
//! ```
//! # use autoheal_capture as capture;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry().with(capture::layer());
//! ```
//!
//! Reports go to the service at `AUTOHEAL_URL`. Without that variable they stay in the spool on this machine, from
//! where `autoheal serve` takes them into its store. A panic's report is on disk before the panic hook returns, so a
//! program that aborts loses no report: its next run delivers it.

mod backtrace;
mod breadcrumbs;
mod error;
mod facts;
#[cfg(feature = "rmcp")]
mod healed;
mod hook;
mod layer;
mod outbox;
mod output;
mod panic;
mod throttle;

use std::sync::OnceLock;
use std::time::Duration;

use autoheal_deliver::MAX_DELAY;

#[cfg(feature = "rmcp")]
pub use healed::{Healed, OverHttp};
pub use layer::{Layer, layer};

/// Longest delay of the program's end for a report of this run.
const FLUSH_TIMEOUT: Duration = MAX_DELAY;
/// Longest delay of the program's end for reports of earlier runs, because they can wait for the next run.
const FLUSH_TIMEOUT_EARLIER: Duration = Duration::from_millis(300);

/// Name and version of the program.
struct Program {
    name: String,
    release: String,
}

static PROGRAM: OnceLock<Program> = OnceLock::new();

/// Guard of the capture: keep it until the end of `main`. Dropping it delivers the captured reports, for at most two seconds.
#[derive(Debug)]
#[must_use = "dropping it delivers the captured reports; keep it until the end of main"]
pub struct Capture {
    _private: (),
}

/// Starts capturing panics, in addition to the panic hook that is set already. `error`, `layer` and `Healed` report under this
/// name and version. Delivers the spooled reports of earlier runs.
pub fn start(name: &str, release: &str) -> Capture {
    let _started_before = PROGRAM.set(Program { name: name.to_owned(), release: release.to_owned() });
    hook::install();
    if autoheal_deliver::has_spooled_reports() {
        outbox::deliver_spooled();
    }
    Capture { _private: () }
}

impl Capture {
    /// Declares that other people can reach the program. The messages of its panics may contain their text, so its
    /// reports are anonymous: a person approves an issue before an agent reads it.
    pub fn remote(self) -> Self {
        outbox::send_as_anonymous();
        self
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        outbox::flush(FLUSH_TIMEOUT, FLUSH_TIMEOUT_EARLIER);
    }
}

/// Reports an error that ends the program, with its causes. The report is on disk when this returns. A broken pipe is not
/// reported when the reader of the program's output has closed it.
pub fn error(error: &(dyn std::error::Error + 'static)) {
    if !(error::is_broken_pipe(error) && output::is_closed()) {
        outbox::spool_now(error::report(error));
    }
}
