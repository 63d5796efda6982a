//! Scrub: removes secrets and users' names from every text of a report, by `autoheal-scrub` and `mask_home`.

mod home;

use std::borrow::Cow;

use autoheal_contract::{ErrorReport, Json};
use autoheal_scrub::{KnownSecrets, Level, scrub_json};

use crate::parse::{Frame, SentError};
use crate::symbolicate::{Code, Symbolicated};
use crate::validate::{Arrival, Identity, Mark};

pub use autoheal_scrub::{masked_command, scrub_with};
pub use home::mask_home;

/// A report without secrets. Only [`scrub`] makes one, and no original text is left in it.
#[derive(Debug)]
pub(crate) struct Scrubbed {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    pub(crate) origin: Vec<Frame>,
    pub(crate) generated: Vec<Frame>,
    pub(crate) code: Vec<Code>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
    pub(crate) sent: Option<Box<SentError>>,
}

/// Removes secrets from every text of the report and from the frames.
#[must_use]
pub(crate) fn scrub(symbolicated: Symbolicated, level: Level) -> Scrubbed {
    let Symbolicated {
        mut report,
        mut frames,
        mut origin,
        mut generated,
        mut code,
        identity,
        arrival,
        marks,
        mut sent,
    } = symbolicated;
    let scrubber = Scrubber { level, known: &KnownSecrets::default() };
    // The frames are parts of the stack, so a stack without secrets has frames without secrets. At the strict level
    // each frame is scrubbed in any case. Frames from source maps are no parts of it.
    let stack_had_secrets = report.stack_trace.as_mut().is_some_and(|stack| scrubber.secrets(stack));
    if stack_had_secrets || level == Level::Strict || !generated.is_empty() {
        for frame in frames.iter_mut().chain(&mut generated) {
            scrubber.optional(&mut frame.function);
            scrubber.frame_file(&mut frame.file);
        }
    }
    // these come from the causes and the message, too
    for frame in &mut origin {
        scrubber.optional(&mut frame.function);
        scrubber.frame_file(&mut frame.file);
    }
    for code in &mut code {
        code.lines.iter_mut().for_each(|line| scrubber.text(line));
        if let Some(checkout) = &mut code.checkout {
            scrubber.optional(&mut checkout.repository);
            scrubber.text(&mut checkout.path);
        }
    }
    scrubber.report(&mut report);
    if let Some(sent) = &mut sent {
        scrubber.text(&mut sent.error_type);
        scrubber.text(&mut sent.error_message);
        scrubber.optional(&mut sent.stack_trace);
    }
    Scrubbed { report, frames, origin, generated, code, identity, arrival, marks, sent }
}

/// Removes secrets from a report before the program that made it sends or spools it: those that the rules recognise, and the
/// known ones wherever they stand.
pub fn scrub_report(report: &mut ErrorReport, level: Level, known: &KnownSecrets) {
    let scrubber = Scrubber { level, known };
    if let Some(stack) = &mut report.stack_trace {
        scrubber.secrets(stack);
    }
    scrubber.report(report);
}

struct Scrubber<'a> {
    level: Level,
    known: &'a KnownSecrets,
}

impl Scrubber<'_> {
    fn report(&self, report: &mut ErrorReport) {
        self.text(&mut report.error_type);
        self.text(&mut report.error_message);
        if let Some(stack) = &mut report.stack_trace {
            // its secrets are already removed
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
            // `session_hash` is a number
            for text in [&mut rpc.method, &mut rpc.tool, &mut rpc.transport, &mut rpc.protocol_version, &mut rpc.id] {
                self.optional(text);
            }
            rpc.params.iter_mut().for_each(|params| self.json(params));
        }
        if let Some(exit) = &mut report.exit {
            self.optional(&mut exit.signal);
        }
        if let Some(code) = &mut report.source_code {
            self.optional(&mut code.repository);
            for excerpt in &mut code.excerpts {
                // as the stack is, so that the file still names its frames
                self.text(&mut excerpt.file);
                self.text(&mut excerpt.path);
                excerpt.lines.iter_mut().for_each(|line| self.text(line));
            }
        }
    }

    /// Removes secrets from one text; returns true if there were any.
    fn secrets(&self, text: &mut String) -> bool {
        let masked = self.known.mask(text);
        let clean = match scrub_with(&masked, self.level) {
            Cow::Owned(clean) => Cow::Owned(clean),
            Cow::Borrowed(_) => masked,
        };
        if let Cow::Owned(clean) = clean {
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

    /// Removes secrets from a frame's file. The home directory stays, because source maps and people need the whole
    /// path.
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
