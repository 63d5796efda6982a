//! The `tracing` layer: events become breadcrumbs, never reports.

use std::cell::RefCell;
use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context;

use super::breadcrumbs::{MAX_TEXT_BYTES, note};

thread_local! {
    /// Reused, because there may be many events a second.
    static BUFFER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A layer that stores the last events for the next report.
#[derive(Debug, Clone)]
pub struct Layer {
    _private: (),
}

/// A layer that stores events up to `DEBUG` that the filters of other layers let through. Of `rmcp`'s own events it
/// stores only warnings and errors, because the others contain whole messages.
#[must_use]
pub fn layer() -> Layer {
    Layer { _private: () }
}

impl<S: Subscriber> tracing_subscriber::Layer<S> for Layer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > Level::DEBUG || is_traffic(metadata.target(), *metadata.level()) {
            return;
        }
        // the buffer is in use if formatting a value logs another event, and gone while the thread ends
        let written = BUFFER.try_with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut text) => store(event, &mut text),
            Err(_) => store(event, &mut String::new()),
        });
        if written.is_err() {
            store(event, &mut String::new());
        }
    }
}

/// True for an event of rmcp about a message. Such an event contains the whole message, which may be of another call.
fn is_traffic(target: &str, level: Level) -> bool {
    level > Level::WARN && target.strip_prefix("rmcp").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Stores an event as a breadcrumb; `text` is a buffer.
fn store(event: &Event<'_>, text: &mut String) {
    text.clear();
    text.push_str(event.metadata().target());
    text.push(':');
    event.record(&mut Line { text });
    note(*event.metadata().level(), text);
}

/// `target: message name=value …`, cut at the maximum length.
struct Line<'a> {
    text: &'a mut String,
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // never an error, because `write_str` cuts instead of failing
        let _never = match field.name() {
            "message" => write!(self, " {value:?}"),
            name if name.starts_with("log.") => Ok(()),
            name => write!(self, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }
}

impl Write for Line<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let remaining = MAX_TEXT_BYTES.saturating_sub(self.text.len());
        self.text.push_str(&more[..more.floor_char_boundary(remaining)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_its_maximum_length() {
        let mut text = String::new();
        let mut line = Line { text: &mut text };
        for piece in ["ä".repeat(400), "ö".repeat(400), "x".to_owned()] {
            line.write_str(&piece).unwrap();
        }
        assert!(text.len() <= MAX_TEXT_BYTES && text.len() > MAX_TEXT_BYTES - 2, "{}", text.len());
    }
}
