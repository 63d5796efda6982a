//! `Found`: the failure in the output of a command that ran elsewhere, as `run` would report it.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use autoheal_contract::Exit;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::{Arrival, Sender};
use autoheal_prepare::{KnownSecrets, ScrubLevel};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::arrival;
use crate::child::{Ending, Place};
use crate::run::{Evidence, FailedCommand};

/// The failure in the output of a command.
pub(super) struct Found {
    /// Name of the rule that found it.
    pub(super) rule: &'static str,
    failed: FailedCommand,
    /// False if the place and the runtime of this process are not those of the command.
    is_here: bool,
}

impl Found {
    /// Searches both streams of a command, printed as one.
    pub(super) fn in_output(output: &[u8], exit: i32) -> Self {
        Self::of(Evidence::of(output, None, &KnownSecrets::default()), Ending::Code(exit), vec!["command".into()], true)
    }

    /// Searches the streams in a line of JSON: `{"stderr", "stdout", "exit", "command"}`. None if the line is a report.
    pub(super) fn in_line(line: &RawValue) -> Option<Self> {
        if !line.get().contains("\"stderr\"") || line.get().contains("\"error_type\"") {
            return None;
        }
        let line: Value = serde_json::from_str(line.get()).ok()?;
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let errors = line["stderr"].as_str()?;
        let exit: Exit = serde_json::from_value(line["exit"].clone()).unwrap_or_default();
        let words: Vec<&str> = text("command").split_whitespace().collect();
        let command = words.iter().map(Into::into).collect();
        let known = KnownSecrets::of(&words, &[]);
        let evidence = Evidence::of(text("stdout").as_bytes(), Some(errors.as_bytes()), &known);
        Some(Self::of(evidence, Ending::of_report(&exit), command, false))
    }

    fn of(evidence: Evidence, ending: Ending, command: Vec<std::ffi::OsString>, is_here: bool) -> Self {
        let rule = evidence.failure.as_ref().map_or("none: the ending is all there is", |failure| failure.rule);
        let (began, duration) = (SystemTime::now(), Duration::ZERO);
        let failed = FailedCommand { command, ending, problem: None, evidence, began, duration };
        Self { rule, failed, is_here }
    }

    /// The report that `run` would send.
    pub(super) fn report(&self, level: ScrubLevel) -> Result<Box<RawValue>> {
        let report = match self.is_here {
            true => self.failed.report(level),
            false => self.failed.report_from(Place::unknown(), None, level),
        };
        to_raw_value(&report).context("cannot write the report")
    }

    /// The arrival of a report of `run` on this machine.
    pub(super) fn arrival(&self) -> Arrival {
        Arrival { sender: Sender::Local, ..arrival() }
    }

    /// Adds to an explained record what is known of the output.
    pub(super) fn add_to(&self, explained: &mut Value, record: &Fingerprinted) {
        let report = record.report();
        let causes: Vec<Value> =
            report.causes.iter().map(|cause| json!([cause.error_type, cause.error_message])).collect();
        let logs: Vec<&str> = report.logs.iter().map(|line| line.message.as_str()).collect();
        if let Some(members) = explained.as_object_mut() {
            members.insert("rule".to_owned(), json!(self.rule));
            members.insert("error_type".to_owned(), json!(report.error_type));
            members.insert("causes".to_owned(), json!(causes));
            members.insert("logs".to_owned(), json!(logs));
        }
    }
}
