//! The report of a failed command: its exit, the end of its output, and the repository and runtime it ran in.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, SystemTime};

use autoheal_contract::limits::{CAUSES, ERROR_MESSAGE_CHARS, LOG_LINES, STACK_TRACE_CHARS};
use autoheal_contract::{ErrorReport, Json, LogLine, Source};
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::Timestamp;
use autoheal_prepare::excerpt::excerpt;
use autoheal_prepare::parse::{Failure, find_failure, plain_text, summary_line};
use autoheal_prepare::scrub::scrub_with;
use autoheal_prepare::shell::{shell_line, shell_word};
use uuid::Uuid;

use super::streams::Relayed;
use crate::arguments::without_secrets;
use crate::child::{Ending, Place, facts};

/// Maximum length of a log line, in characters.
const LOG_LINE_CHARS: usize = 1_000;

/// A command that failed.
pub(super) struct FailedCommand {
    pub(super) command: Vec<OsString>,
    pub(super) ending: Ending,
    pub(super) printed: OutputText,
    pub(super) began: SystemTime,
    pub(super) duration: Duration,
}

/// The end of the command's output, as text without colours, cursor movements and overwritten lines.
pub(super) struct OutputText {
    /// Standard output, or both streams in their order if they are one.
    pub(super) output: String,
    /// Standard error; none if both streams are one.
    pub(super) errors: Option<String>,
}

impl OutputText {
    /// Converts the end of each relayed stream to text.
    pub(super) fn read(relayed: &Relayed) -> Self {
        Self { output: plain_text(&relayed.output), errors: relayed.errors.as_deref().map(plain_text) }
    }
}

/// A failure found in the output.
struct FoundFailure<'a> {
    failure: Failure,
    /// Text of the stream that contains the failure.
    text: &'a str,
}

impl FailedCommand {
    /// True if the program reports that its user interrupted it.
    pub(super) fn is_interrupt(&self) -> bool {
        self.find().is_some_and(|found| found.failure.error_type == "KeyboardInterrupt")
    }

    /// True if the program reports that the reader of its output has gone.
    pub(super) fn is_broken_pipe(&self) -> bool {
        let broken = |failure: &Failure| {
            failure.error_type == "BrokenPipeError"
                || ["EPIPE", "Broken pipe"].iter().any(|word| failure.error_message.contains(word))
        };
        self.find().is_some_and(|found| broken(&found.failure))
            || self.last_line().is_some_and(|line| line.contains("Broken pipe") || line.contains("BrokenPipeError"))
    }

    /// Composes the report, with the repository's commit and the runtime's version.
    pub(super) fn report(&self, level: ScrubLevel) -> ErrorReport {
        // scrubs before the cut, because half a secret is not recognised
        let cut = |text: &str, characters| excerpt(&scrub_with(text, level), characters);
        // both at the same time, because a slow runtime delays the command's end
        let (place, runtime) = std::thread::scope(|scope| {
            let runtime = scope.spawn(|| self.command.first().and_then(|program| facts::runtime(program)));
            (Place::here(), runtime.join().unwrap_or_default())
        });
        let (error_type, error_message, stack_trace, causes) = match self.find() {
            Some(FoundFailure { mut failure, text }) => {
                failure.causes.truncate(CAUSES);
                let stack = cut(&text[failure.range.clone()], STACK_TRACE_CHARS);
                (failure.error_type, failure.error_message, Some(stack), failure.causes)
            }
            None => (self.type_of_ending(), self.message_of_ending(), None, Vec::new()),
        };
        let command = shell_line(&without_secrets(&self.command));
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
            id: Some(Uuid::new_v4().to_string()),
            source: Some(Source::Cli),
            release: place.commit.map(|commit| commit[..12].to_owned()),
            last_seen: Some(ended.to_string()),
            logs: self.logs(level),
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

    /// The failure in standard error, else the one in standard output, where some programs print their errors.
    fn find(&self) -> Option<FoundFailure<'_>> {
        let texts = self.printed.errors.iter().chain([&self.printed.output]);
        texts.filter_map(|text| find_failure(text).map(|failure| FoundFailure { failure, text })).next()
    }

    fn last_line(&self) -> Option<&str> {
        let texts = self.printed.errors.iter().chain([&self.printed.output]);
        texts.filter_map(|text| summary_line(text)).next()
    }

    /// Error type for a failure that no runtime named: the signal or the exit code.
    fn type_of_ending(&self) -> String {
        match (self.ending.signal(), self.ending) {
            (Some(signal), _) => signal.to_owned(),
            (None, Ending::Code(code)) => format!("exit code {code}"),
            (None, Ending::Signal(signal)) => format!("signal {signal}"),
        }
    }

    /// Error message for a failure that no runtime described: the signal, else the last line printed.
    fn message_of_ending(&self) -> String {
        let program = self.command.first().map(|program| base_name(program)).unwrap_or_default();
        let explained = match self.ending.signal() {
            Some("SIGSEGV") => "an invalid memory access",
            Some("SIGKILL") => "killed, as the system does when memory runs out",
            Some("SIGABRT") => "aborted by itself",
            Some(_) => "a signal",
            None => {
                let silent = || format!("{program} ended with {} and printed nothing", self.type_of_ending());
                return self.last_line().map_or_else(silent, str::to_owned);
            }
        };
        format!("{program} was ended by {}: {explained}", self.type_of_ending())
    }

    /// The last lines before the failure, in the stream that contains it, and the last lines of the other stream.
    fn logs(&self, scrub: ScrubLevel) -> Vec<LogLine> {
        let found = self.find();
        let end = |text: &String| match &found {
            Some(found) if std::ptr::eq(found.text, text.as_str()) => found.failure.range.start,
            _ => text.len(),
        };
        let last = |text: &String, limit: usize, level: Option<&str>| {
            // scrubs before the split into lines, because a private key has several lines
            let text = scrub_with(&text[..end(text)], scrub);
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            let lines = lines[lines.len().saturating_sub(limit)..].iter();
            let line = |line: &&str| LogLine {
                level: level.map(str::to_owned),
                message: excerpt(line, LOG_LINE_CHARS),
                timestamp: None,
            };
            lines.map(line).collect::<Vec<_>>()
        };
        match &self.printed.errors {
            None => last(&self.printed.output, LOG_LINES, None),
            Some(errors) => {
                let errors = last(errors, LOG_LINES, Some("stderr"));
                let output = last(&self.printed.output, LOG_LINES - errors.len(), Some("stdout"));
                output.into_iter().chain(errors).collect()
            }
        }
    }
}

fn base_name(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}
