//! The stage after which no secret is left: every text of a report goes through `autoheal-scrub`.

mod home;

use std::borrow::Cow;

use autoheal_contract::{ErrorReport, Json};
use autoheal_scrub::{Level, scrub_json};

use crate::parse::Frame;
use crate::parse::Parsed;
use crate::validate::{Arrival, Identity, Mark};

pub use autoheal_scrub::scrub_with;
pub use home::mask_home;

/// A report without secrets. Only [`scrub`] makes one, and the original text is gone by then.
#[derive(Debug)]
pub struct Scrubbed {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
}

/// Takes secrets out of every text of the report and out of the frames.
#[must_use]
pub fn scrub(parsed: Parsed, level: Level) -> Scrubbed {
    let Parsed { mut report, mut frames, identity, arrival, marks } = parsed;
    let scrubber = Scrubber { level };
    // The frames are parts of the stack: where the stack had nothing to hide, they have nothing either.
    if report.stack_trace.as_mut().is_some_and(|stack| scrubber.secrets(stack)) || level == Level::Strict {
        for frame in &mut frames {
            scrubber.optional(&mut frame.function);
            scrubber.frame_file(&mut frame.file);
        }
    }
    scrubber.report(&mut report);
    Scrubbed { report, frames, identity, arrival, marks }
}

/// Takes secrets out of a report before it leaves the program that writes it, or is kept on its disk.
pub fn scrub_report(report: &mut ErrorReport, level: Level) {
    let scrubber = Scrubber { level };
    if let Some(stack) = &mut report.stack_trace {
        scrubber.secrets(stack);
    }
    scrubber.report(report);
}

struct Scrubber {
    level: Level,
}

impl Scrubber {
    fn report(&self, report: &mut ErrorReport) {
        self.text(&mut report.error_type);
        self.text(&mut report.error_message);
        if let Some(stack) = &mut report.stack_trace {
            // its secrets are gone already
            mask(stack);
        }
        for json in [&mut report.context, &mut report.tags, &mut report.system, &mut report.debug_ids] {
            json.iter_mut().for_each(|json| self.json(json));
        }
        for text in [
            &mut report.class,
            &mut report.release,
            &mut report.environment,
            &mut report.user,
            &mut report.first_seen,
            &mut report.last_seen,
            &mut report.reproduction,
            &mut report.command,
            &mut report.client,
            &mut report.fingerprint,
        ] {
            self.optional(text);
        }
        for cause in &mut report.causes {
            self.text(&mut cause.error_type);
            self.text(&mut cause.error_message);
            self.optional(&mut cause.stack_trace);
        }
        for line in &mut report.logs {
            self.text(&mut line.message);
            self.optional(&mut line.level);
            self.optional(&mut line.timestamp);
        }
        if let Some(server) = &mut report.server {
            self.text(&mut server.name);
            self.optional(&mut server.version);
        }
        if let Some(rpc) = &mut report.rpc {
            for text in [&mut rpc.method, &mut rpc.tool, &mut rpc.transport, &mut rpc.protocol_version] {
                self.optional(text);
            }
            rpc.params.iter_mut().for_each(|params| self.json(params));
        }
        if let Some(exit) = &mut report.exit {
            self.optional(&mut exit.signal);
        }
    }

    /// Takes secrets out of one text; says whether there were any.
    fn secrets(&self, text: &mut String) -> bool {
        if let Cow::Owned(clean) = scrub_with(text, self.level) {
            *text = clean;
            return true;
        }
        false
    }

    fn text(&self, text: &mut String) {
        self.secrets(text);
        mask(text);
    }

    fn optional(&self, text: &mut Option<String>) {
        text.iter_mut().for_each(|text| self.text(text));
    }

    /// A frame's file keeps its path, home directory and all: source maps and people look it up by it.
    fn frame_file(&self, file: &mut Option<String>) {
        file.iter_mut().for_each(|file| {
            self.secrets(file);
        });
    }

    fn json(&self, json: &mut Json) {
        scrub_json(json, &mut |text| self.text(text));
    }
}

fn mask(text: &mut String) {
    if let Cow::Owned(masked) = mask_home(text) {
        *text = masked;
    }
}
