//! The report of a failed command: its exit, the end of its output, and the repository and runtime it ran in.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, SystemTime};

use autoheal_contract::limits::{CAUSES, ERROR_MESSAGE_CHARS, STACK_TRACE_CHARS};
use autoheal_contract::{Cause, ErrorReport, Json, Source};
use autoheal_deliver::{Destination, add_source_code};
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::Timestamp;
use autoheal_prepare::excerpt::excerpt;
use autoheal_prepare::parse::{Failure, LAST_LINE};
use autoheal_prepare::scrub::scrub_with;
use autoheal_prepare::shell::shell_word;
use autoheal_prepare::validate::Sender;
use uuid::Uuid;

use super::evidence::Evidence;
use crate::arguments::line_without_secrets;
use crate::child::{Ending, Place, facts};

/// A command that failed.
pub(crate) struct FailedCommand {
    pub(crate) command: Vec<OsString>,
    pub(crate) ending: Ending,
    /// What `run` itself knows about the failure; the output then does not decide.
    pub(crate) problem: Option<Problem>,
    pub(crate) evidence: Evidence,
    pub(crate) began: SystemTime,
    pub(crate) duration: Duration,
}

/// A failure that `run` itself noticed, such as a command that cannot be started.
pub(crate) struct Problem {
    pub(crate) error_type: String,
    pub(crate) error_message: String,
}

impl FailedCommand {
    /// True if the program reports that its user interrupted it.
    pub(super) fn is_interrupt(&self) -> bool {
        self.evidence.failure.as_ref().is_some_and(|failure| failure.error_type == "KeyboardInterrupt")
    }

    /// True if the program reports that the reader of its output has gone.
    pub(super) fn is_broken_pipe(&self) -> bool {
        let broken = |failure: &Failure| {
            failure.error_type == "BrokenPipeError"
                || ["EPIPE", "Broken pipe"].iter().any(|word| failure.error_message.contains(word))
        };
        let is_last = |line: &str| line.contains("Broken pipe") || line.contains("BrokenPipeError");
        self.evidence.failure.as_ref().is_some_and(broken) || self.evidence.last_line().is_some_and(is_last)
    }

    /// Composes the report, with the repository's commit and the runtime's version.
    pub(crate) fn report(&self, level: ScrubLevel) -> ErrorReport {
        // both at the same time, because a slow runtime delays the command's end
        let (place, runtime) = std::thread::scope(|scope| {
            let runtime = scope.spawn(|| self.command.first().and_then(|program| facts::runtime(program)));
            (Place::here(), runtime.join().unwrap_or_default())
        });
        self.report_from(place, runtime, level)
    }

    /// Composes the report, with the lines of source around its frames.
    pub(super) fn report_with_source_code(&self, destination: &Destination, sender: Sender) -> ErrorReport {
        std::thread::scope(|scope| {
            let source_code = scope.spawn(|| {
                let (error_type, error_message, stack_trace, causes) = self.error();
                let own = ErrorReport { error_type, error_message, stack_trace, causes, ..ErrorReport::default() };
                let mut report = ErrorReport { source: Some(Source::Cli), ..own };
                add_source_code(destination, sender, &mut report);
                report.source_code
            });
            let report = self.report(destination.scrub);
            ErrorReport { source_code: source_code.join().unwrap_or_default(), ..report }
        })
    }

    /// Composes the report of a command that ran elsewhere.
    pub(crate) fn report_from(&self, place: Place, runtime: Option<String>, level: ScrubLevel) -> ErrorReport {
        // scrubs before the cut, because half a secret is not recognised
        let cut = |text: &str, characters| excerpt(&scrub_with(text, level), characters);
        let (error_type, error_message, stack_trace, causes) = self.error();
        let stack_trace = stack_trace.map(|stack| cut(&stack, STACK_TRACE_CHARS));
        let command = line_without_secrets(&self.command);
        let ended = Timestamp::from(self.began).plus(self.duration);
        let text = |text: &str| Json::Text(text.to_owned());
        let mut context = vec![
            ("timestamp".to_owned(), text(&ended.to_string())),
            ("duration_ms".to_owned(), Json::Whole(u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX))),
        ];
        if !place.directory.is_empty() {
            context.insert(1, ("directory".to_owned(), text(&place.directory)));
        }
        context.extend(place.commit.as_deref().map(|commit| ("commit".to_owned(), text(commit))));
        let mut system =
            vec![("os".to_owned(), text(std::env::consts::OS)), ("arch".to_owned(), text(std::env::consts::ARCH))];
        system.extend(runtime.map(|runtime| ("runtime".to_owned(), text(&runtime))));
        system.extend(place.repositories().map(|repositories| ("repositories".to_owned(), repositories)));
        ErrorReport {
            error_type,
            error_message: cut(&error_message, ERROR_MESSAGE_CHARS),
            stack_trace,
            causes,
            context: Some(Json::Object(context)),
            schema: Some(1),
            id: Some(Uuid::now_v7().to_string()),
            source: Some(Source::Cli),
            release: place.commit.map(|commit| commit[..12].to_owned()),
            last_seen: Some(ended.to_string()),
            logs: self.evidence.logs(level),
            reproduction: Some(match place.directory.as_str() {
                "." | "" => command.clone(),
                directory => format!("cd {} && {command}", shell_word(OsStr::new(directory))),
            }),
            command: Some(command),
            exit: Some(self.ending.exit()),
            system: Some(Json::Object(system)),
            ..ErrorReport::default()
        }
    }

    /// Type, message, stack and causes of the failure.
    fn error(&self) -> (String, String, Option<String>, Vec<Cause>) {
        if let Some(Problem { error_type, error_message }) = &self.problem {
            return (error_type.clone(), error_message.clone(), None, Vec::new());
        }
        let describes = |failure: &Failure| !failure.is_guess() || !self.explains_itself();
        let described = self.evidence.failure.clone().filter(describes);
        match described {
            Some(mut failure) => {
                failure.causes.truncate(CAUSES);
                let unnamed = failure.error_type.is_empty();
                let error_type = if unnamed { self.type_of_ending() } else { failure.error_type };
                let message = match failure.rule {
                    LAST_LINE if !self.evidence.is_in_errors() => {
                        let (program, line) = (self.program(), failure.error_message);
                        format!("{program} ended with {error_type} and printed no error; its last line: {line}")
                    }
                    _ => failure.error_message,
                };
                (error_type, message, failure.stack, failure.causes)
            }
            None => (self.type_of_ending(), self.message_of_ending(), None, Vec::new()),
        }
    }

    /// True if the ending says more than a line that may have nothing to do with it.
    fn explains_itself(&self) -> bool {
        // a program that aborts prints the reason to standard error before
        let signal = self.ending.signal();
        signal.is_some() && !(signal == Some("SIGABRT") && self.evidence.is_in_errors())
    }

    /// Error type for a failure that no runtime named: the signal or the exit code.
    fn type_of_ending(&self) -> String {
        match (self.ending.signal(), self.ending) {
            (Some(signal), _) => signal.to_owned(),
            (None, Ending::Code(code)) => format!("exit code {code}"),
            (None, Ending::Signal(signal)) => format!("signal {signal}"),
        }
    }

    fn program(&self) -> String {
        self.command.first().map(|program| base_name(program)).unwrap_or_default()
    }

    /// Error message for a failure that the output does not describe.
    fn message_of_ending(&self) -> String {
        let program = self.program();
        let ending = self.type_of_ending();
        let explained = match self.ending.signal() {
            Some("SIGSEGV") => "an invalid memory access",
            Some("SIGBUS") => "an invalid memory access",
            Some("SIGKILL") => "killed, as the system does when memory runs out",
            Some("SIGABRT") => "aborted by itself",
            Some("SIGFPE") => "an arithmetic error, such as a division by zero",
            Some("SIGILL") => "an invalid instruction",
            Some("SIGTRAP") => "a trap, such as a failed assertion",
            Some(_) => "a signal",
            None => return format!("{program} ended with {ending} and printed nothing"),
        };
        format!("{program} was ended by {ending}: {explained}")
    }
}

pub(super) fn base_name(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}
