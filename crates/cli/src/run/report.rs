//! The report of a failed command: what a fixer needs, out of its ending, its last words and its place.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::arguments::without_secrets;
use autoheal_contract::limits::{CAUSES, ERROR_MESSAGE_CHARS, LOG_LINES, STACK_TRACE_CHARS};
use autoheal_contract::{ErrorReport, Json, LogLine, Source};
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::Timestamp;
use autoheal_prepare::excerpt::excerpt;
use autoheal_prepare::parse::{Failure, find_failure, summary_line};
use autoheal_prepare::scrub::scrub_with;
use autoheal_prepare::shell::{shell_line, shell_word};
use uuid::Uuid;

use super::printed::Printed;
use crate::child::{Ending, Place, facts};

/// A command that failed, with all that is known at its end.
pub(super) struct Failed {
    pub(super) command: Vec<OsString>,
    pub(super) ending: Ending,
    pub(super) printed: Printed,
    pub(super) began: SystemTime,
    pub(super) duration: Duration,
}

/// Where in the output the failure is told.
struct Told<'a> {
    failure: Failure,
    /// The stream it is told in.
    text: &'a str,
}

impl Failed {
    /// Whether the program says that its user stopped it.
    pub(super) fn is_interrupt(&self) -> bool {
        self.told().is_some_and(|told| told.failure.error_type == "KeyboardInterrupt")
    }

    /// Whether the program says that nobody reads its output.
    pub(super) fn is_broken_pipe(&self) -> bool {
        let broken = |failure: &Failure| {
            failure.error_type == "BrokenPipeError"
                || ["EPIPE", "Broken pipe"].iter().any(|word| failure.error_message.contains(word))
        };
        self.told().is_some_and(|told| broken(&told.failure))
            || self.last_line().is_some_and(|line| line.contains("Broken pipe") || line.contains("BrokenPipeError"))
    }

    /// Puts the report together, with what the repository and the runtime tell.
    pub(super) fn report(&self, level: ScrubLevel) -> ErrorReport {
        // before anything is cut: half a secret is not known for one
        let cut = |text: &str, characters| excerpt(&scrub_with(text, level), characters);
        // the runtime may take a while, and the command's end waits for it
        let (place, runtime) = std::thread::scope(|scope| {
            let runtime = scope.spawn(|| self.command.first().and_then(|program| facts::runtime(program)));
            (Place::here(), runtime.join().unwrap_or_default())
        });
        let (error_type, error_message, stack_trace, causes) = match self.told() {
            Some(Told { mut failure, text }) => {
                failure.causes.truncate(CAUSES);
                let stack = cut(&text[failure.range.clone()], STACK_TRACE_CHARS);
                (failure.error_type, failure.error_message, Some(stack), failure.causes)
            }
            None => (self.kind(), self.sentence(), None, Vec::new()),
        };
        let command = shell_line(&without_secrets(&self.command));
        let ended = Timestamp(millis(self.began)).plus(self.duration);
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

    /// Errors are told on standard error; some programs tell them on standard output.
    fn told(&self) -> Option<Told<'_>> {
        let texts = self.printed.errors.iter().chain([&self.printed.output]);
        texts.filter_map(|text| find_failure(text).map(|failure| Told { failure, text })).next()
    }

    fn last_line(&self) -> Option<&str> {
        let texts = self.printed.errors.iter().chain([&self.printed.output]);
        texts.filter_map(|text| summary_line(text)).next()
    }

    /// What stands for a type where no runtime named one.
    fn kind(&self) -> String {
        match (self.ending.signal(), self.ending) {
            (Some(signal), _) => signal.to_owned(),
            (None, Ending::Code(code)) => format!("exit code {code}"),
            (None, Ending::Signal(signal)) => format!("signal {signal}"),
        }
    }

    /// What stands for a message where no runtime gave one: the last words, or how it ended.
    fn sentence(&self) -> String {
        let program = self.command.first().map(|program| base_name(program)).unwrap_or_default();
        let explained = match self.ending.signal() {
            Some("SIGSEGV") => "an invalid memory access",
            Some("SIGKILL") => "killed, as the system does when memory runs out",
            Some("SIGABRT") => "aborted by itself",
            Some(_) => "a signal",
            None => {
                let silent = || format!("{program} ended with {} and printed nothing", self.kind());
                return self.last_line().map_or_else(silent, str::to_owned);
            }
        };
        format!("{program} was ended by {}: {explained}", self.kind())
    }

    /// The last lines before the failure.
    fn logs(&self, scrub: ScrubLevel) -> Vec<LogLine> {
        let told = self.told();
        // up to the failure in the stream that tells it, the last lines of the other one
        let before = |text: &String| match &told {
            Some(told) if std::ptr::eq(told.text, text.as_str()) => told.failure.range.start,
            _ => text.len(),
        };
        let last = |text: &String, most: usize, level: Option<&str>| {
            // before it is lines: a key has many
            let text = scrub_with(&text[..before(text)], scrub);
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
            let lines = lines[lines.len().saturating_sub(most)..].iter();
            let line = |line: &&str| LogLine {
                level: level.map(str::to_owned),
                message: excerpt(line, 1_000),
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

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn base_name(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned()
}
