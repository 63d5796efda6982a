//! The `tracing` layer: events become breadcrumbs, never reports.

use std::cell::RefCell;
use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context;

use super::breadcrumbs::{TEXT, note};

thread_local! {
    /// Reused, since there may be many events a second.
    static BUFFER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Remembers the last events, for the report of whatever fails next.
#[derive(Debug, Clone)]
pub struct Layer {
    most_verbose: Level,
}

/// A layer that remembers events up to `DEBUG`, as far as other layers' filters let them through. Of `rmcp`'s own, which
/// hold whole messages, only warnings and errors are remembered.
#[must_use]
pub fn layer() -> Layer {
    Layer { most_verbose: Level::DEBUG }
}

impl Layer {
    /// Remembers events up to this level instead.
    #[must_use]
    pub fn up_to(self, most_verbose: Level) -> Self {
        Self { most_verbose }
    }
}

impl<S: Subscriber> tracing_subscriber::Layer<S> for Layer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() > self.most_verbose || is_traffic(metadata.target(), *metadata.level()) {
            return;
        }
        // a value that logs while it is written, or a thread that is ending, finds no buffer
        let written = BUFFER.try_with(|buffer| match buffer.try_borrow_mut() {
            Ok(mut text) => remember(event, &mut text),
            Err(_) => remember(event, &mut String::new()),
        });
        if written.is_err() {
            remember(event, &mut String::new());
        }
    }
}

/// What rmcp says of messages that pass: it writes them whole, also those of other calls, and little else.
fn is_traffic(target: &str, level: Level) -> bool {
    level > Level::WARN && target.strip_prefix("rmcp").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn remember(event: &Event<'_>, text: &mut String) {
    text.clear();
    text.push_str(event.metadata().target());
    text.push(':');
    event.record(&mut Line { text });
    note(*event.metadata().level(), text);
}

/// `target: message name=value …`, no longer than it may be.
struct Line<'a> {
    text: &'a mut String,
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // whoever is written too long goes on as if it were read: an error would be news to it
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
        let room = TEXT.saturating_sub(self.text.len());
        self.text.push_str(&more[..more.floor_char_boundary(room)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_never_longer_than_it_may_be() {
        let mut text = String::new();
        let mut line = Line { text: &mut text };
        for piece in ["ä".repeat(400), "ö".repeat(400), "x".to_owned()] {
            line.write_str(&piece).unwrap();
        }
        assert!(text.len() <= TEXT && text.len() > TEXT - 2, "{}", text.len());
    }
}
