//! Reports of a conversation: adds the server's surroundings, and passes the reports to a reporter.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use autoheal_contract::ErrorReport;
use autoheal_deliver::{Destination, Reporter, add_source_code};
use autoheal_prepare::validate::Sender;
use uuid::Uuid;

use super::surroundings::Surroundings;
use crate::child::{Remoteness, say, say_unless_blocked};

/// Message when the deadline passes before the last delivery has ended.
pub(super) const LATE: &str = "the last failures could not be reported in time; spooled reports are sent next time";

/// The reporter and the server's surroundings, both created for the first report.
pub(super) struct Reports {
    remoteness: Remoteness,
    destination: Destination,
    program: OsString,
    surroundings: Option<Surroundings>,
    /// With the sender it reports as.
    reporter: Option<(Sender, Reporter)>,
    /// True after a report of the server's end.
    has_ending: bool,
    /// True after trouble with the delivery of any report.
    had_trouble: Arc<AtomicBool>,
}

impl Reports {
    pub(super) fn new(destination: Destination, remoteness: Remoteness, program: &OsStr) -> Self {
        Self {
            remoteness,
            destination,
            program: program.to_owned(),
            surroundings: None,
            reporter: None,
            has_ending: false,
            had_trouble: Arc::default(),
        }
    }

    /// Passes reports to the reporter.
    pub(super) fn send(&mut self, reports: Vec<ErrorReport>) {
        if reports.is_empty() {
            return;
        }
        let surroundings = self.surroundings.get_or_insert_with(|| Surroundings::of(&self.program));
        let sender = self.remoteness.sender();
        // a `run --remote` within the server began after the first report
        drop(self.reporter.take_if(|(former, _)| *former != sender));
        if self.reporter.is_none() {
            let had_trouble = Arc::clone(&self.had_trouble);
            let on_trouble = move |sentence: &str| {
                had_trouble.store(true, Ordering::Relaxed);
                say(sentence);
            };
            match Reporter::start_announcing(self.destination.clone(), sender, on_trouble, say_unless_blocked) {
                Ok(reporter) => self.reporter = Some((sender, reporter)),
                Err(error) => return say(&format!("this server's failures cannot be reported: {error}")),
            }
        }
        for mut report in reports {
            surroundings.add_to(&mut report);
            add_source_code(&self.destination, sender, &mut report);
            // set before the first delivery, so that a repeated delivery counts once
            report.id.get_or_insert_with(|| Uuid::now_v7().to_string());
            if let Some((_, reporter)) = &self.reporter {
                self.has_ending |= report.exit.is_some();
                reporter.send(report);
            }
        }
    }

    /// Delivers the remaining reports, by the deadline. Returns whether the server's end was reported. In doubt it was not,
    /// because an outer `run` or `mcp` then reports it.
    pub(super) fn finish(self, deadline: Instant) -> bool {
        let mut in_time = true;
        if let Some((_, reporter)) = self.reporter {
            in_time = reporter.flush(deadline.saturating_duration_since(Instant::now()));
            if !in_time {
                say(LATE);
                // not dropped, because `drop` would wait again
                std::mem::forget(reporter);
            }
        }
        self.has_ending && in_time && !self.had_trouble.load(Ordering::Relaxed)
    }
}
