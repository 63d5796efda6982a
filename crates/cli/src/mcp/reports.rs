//! Reports on their way out: the place is added, and a reporter takes them from there.

use std::ffi::{OsStr, OsString};
use std::time::Instant;

use autoheal_contract::ErrorReport;
use autoheal_deliver::{Destination, Reporter};
use autoheal_prepare::validate::Sender;
use uuid::Uuid;

use super::place::Surroundings;
use crate::args::DeliveryArgs;
use crate::child::{say, say_in_passing};

/// Nobody knows what became of them.
pub(super) const LATE: &str =
    "the last failures could not be reported in time; those that could be kept are sent next time";

/// Everything that telling needs, made when there is first something to tell.
pub(super) struct Reports {
    destination: Destination,
    program: OsString,
    surroundings: Option<Surroundings>,
    reporter: Option<Reporter>,
}

impl Reports {
    pub(super) fn new(delivery: DeliveryArgs, program: &OsStr) -> Self {
        Self { destination: delivery.into(), program: program.to_owned(), surroundings: None, reporter: None }
    }

    /// Hands reports over.
    pub(super) fn send(&mut self, reports: Vec<ErrorReport>) {
        if reports.is_empty() {
            return;
        }
        let surroundings = self.surroundings.get_or_insert_with(|| Surroundings::of(&self.program));
        if self.reporter.is_none() {
            match Reporter::start_announcing(self.destination.clone(), Sender::Local, say, say_in_passing) {
                Ok(reporter) => self.reporter = Some(reporter),
                Err(error) => return say(&format!("this server's failures cannot be reported: {error}")),
            }
        }
        for mut report in reports {
            surroundings.add_to(&mut report);
            // frozen here, so that a repeated delivery counts once
            report.id.get_or_insert_with(|| Uuid::new_v4().to_string());
            if let Some(reporter) = &self.reporter {
                reporter.send(report);
            }
        }
    }

    /// Delivers what is left until then.
    pub(super) fn finish(self, until: Instant) {
        if let Some(reporter) = self.reporter {
            let in_time = reporter.flush(until.saturating_duration_since(Instant::now()));
            if !in_time {
                say(LATE);
                // dropping it would wait once more
                std::mem::forget(reporter);
            }
        }
    }
}
