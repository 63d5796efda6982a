//! The report of an error that a program ends with.

use std::error::Error;
use std::fmt::{self, Write};
use std::io;
use std::time::SystemTime;

use autoheal_contract::limits::CAUSES;
use autoheal_contract::{Cause, ErrorReport, Severity, Source};

use super::facts;

/// What stands for a type where the error does not say one.
const UNNAMED: &str = "Error";
/// Longest name of a type that is believed, in bytes.
const NAME: usize = 100;

pub(super) fn report(error: &(dyn Error + 'static)) -> ErrorReport {
    let chain = std::iter::successors(error.source(), |&cause| cause.source());
    let causes = chain.take(CAUSES).map(|cause| Cause {
        error_type: type_of(cause),
        error_message: cause.to_string(),
        stack_trace: None,
    });
    let is_system = system_error(error).is_some();
    ErrorReport {
        error_type: type_of(error),
        error_message: message_of(error),
        source: Some(Source::Rust),
        // its name alone does not say that the operating system is what failed
        severity: is_system.then_some(Severity::High),
        causes: causes.collect(),
        ..facts::report(SystemTime::now())
    }
}

/// Whether somebody did not read what was written to the end.
pub(super) fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    system_error(error).is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn system_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    std::iter::successors(Some(error), |&cause| cause.source()).find_map(|error| error.downcast_ref())
}

/// An empty message would be none.
fn message_of(error: &dyn Error) -> String {
    let message = error.to_string();
    if message.trim().is_empty() { "no message".to_owned() } else { message }
}

/// An error does not tell its type, but nearly all print it first: `ParseIntError { kind: InvalidDigit }`.
fn type_of(error: &(dyn Error + 'static)) -> String {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return format!("io::Error ({})", error.kind());
    }
    let mut printed = Beginning(String::new());
    let _cut = write!(printed, "{error:?}");
    let printed = printed.0;
    let length = printed.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c)).unwrap_or(printed.len());
    let (name, rest) = printed.split_at(length);
    let is_name = name.starts_with(|c: char| c.is_uppercase()) && !name.ends_with(':');
    // words of a message that an error prints as its own name go on differently
    let is_whole = rest.trim_start().is_empty() || rest.trim_start().starts_with(['{', '(']);
    if is_name && is_whole && name.len() <= NAME { name.to_owned() } else { UNNAMED.to_owned() }
}

/// The beginning of a text, whatever its length.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = (2 * NAME).saturating_sub(self.0.len());
        self.0.push_str(&more[..more.floor_char_boundary(room)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum ConfigError {
        #[error("the port is no number")]
        BadPort(#[source] std::num::ParseIntError),
        #[error("cannot read the settings")]
        Unreadable { source: io::Error },
        #[error("")]
        Silent,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Plain(&'static str);

    #[test]
    fn an_error_tells_its_type_and_its_causes() {
        let number = "x".parse::<u16>().unwrap_err();
        let told = report(&ConfigError::BadPort(number));
        assert_eq!((told.error_type.as_str(), told.error_message.as_str()), ("BadPort", "the port is no number"));
        assert_eq!((told.causes.len(), told.causes[0].error_type.as_str()), (1, "ParseIntError"));
        assert_eq!((told.severity, told.source), (None, Some(Source::Rust)));
    }

    #[test]
    fn what_the_system_refused_is_high() {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let told = report(&ConfigError::Unreadable { source });
        assert_eq!((told.error_type.as_str(), told.severity), ("Unreadable", Some(Severity::High)));
        assert_eq!(told.causes[0].error_type, "io::Error (permission denied)");
    }

    #[test]
    fn an_error_without_a_name_or_a_message_still_is_one() {
        let boxed: Box<dyn Error> = "Price is missing".into();
        assert_eq!(
            (report(&*boxed).error_type.as_str(), report(&*boxed).error_message.as_str()),
            ("Error", "Price is missing")
        );
        assert_eq!(report(&ConfigError::Silent).error_message, "no message");
        assert_eq!(report(&Plain("x")).error_type, "Plain");
    }
}
