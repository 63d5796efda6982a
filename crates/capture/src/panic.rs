//! One panic, as the hook recorded it, and its report.

use std::any::Any;
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::time::SystemTime;

use autoheal_contract::limits::{ERROR_MESSAGE_CHARS, STACK_TRACE_CHARS};
use autoheal_contract::{ErrorReport, Source};

use super::{backtrace, facts};

/// Facts that the hook records. The names of the frames are resolved later, because that takes the longest time.
pub(super) struct Panic {
    pub(super) message: String,
    /// `src/main.rs:2:5`
    pub(super) place: String,
    pub(super) thread: String,
    pub(super) at: SystemTime,
    /// Number of panics at this place since the last report.
    pub(super) count: u64,
    pub(super) backtrace: Backtrace,
}

impl Panic {
    pub(super) fn new(info: &PanicHookInfo<'_>, count: u64) -> Self {
        Self {
            message: cut(&message(info.payload()), ERROR_MESSAGE_CHARS),
            place: place(info),
            thread: std::thread::current().name().unwrap_or("<unnamed>").to_owned(),
            at: SystemTime::now(),
            count,
            backtrace: Backtrace::force_capture(),
        }
    }

    /// The text that the program prints with `RUST_BACKTRACE=1`.
    pub(super) fn stack(&self) -> String {
        let Self { message, place, thread, .. } = self;
        let frames = backtrace::short(&self.backtrace);
        let stack = format!("thread '{thread}' panicked at {place}:\n{message}\nstack backtrace:\n{frames}");
        cut(stack.trim_end(), STACK_TRACE_CHARS)
    }

    pub(super) fn report(&self) -> ErrorReport {
        let mut report = ErrorReport {
            error_type: "panic".to_owned(),
            error_message: self.message.clone(),
            stack_trace: Some(self.stack()),
            source: Some(Source::Rust),
            count: (self.count > 1).then_some(self.count),
            ..facts::report(self.at)
        };
        facts::add(&mut report, "thread", &self.thread);
        report
    }
}

/// Source location of the panic.
pub(super) fn place(info: &PanicHookInfo<'_>) -> String {
    info.location().map_or_else(|| "<unknown>".to_owned(), ToString::to_string)
}

/// The panic's message; a fixed text for a payload that is blank or no text.
pub(super) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => text,
        None => "panicked without a message".to_owned(),
    }
}

fn cut(text: &str, characters: usize) -> String {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(end, _)| end);
    text[..end].to_owned()
}
