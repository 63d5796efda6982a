//! Report of an error that ends a program.

use std::error::Error;
use std::fmt::{self, Write};
use std::io;
use std::time::SystemTime;

use autoheal_contract::limits::CAUSES;
use autoheal_contract::{Cause, ErrorReport, Severity, Source};

use super::facts;

/// Error type of an error whose type has no name.
const UNNAMED: &str = "Error";
/// Maximum length of a type's name, in bytes. Longer text is taken for a message.
const MAX_NAME_BYTES: usize = 100;

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
        // because the error's type does not show that the operating system failed
        severity: is_system.then_some(Severity::High),
        causes: causes.collect(),
        ..facts::report(SystemTime::now())
    }
}

/// True if the error is a broken pipe: the reader closed it before the end.
pub(super) fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    system_error(error).is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn system_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a io::Error> {
    std::iter::successors(Some(error), |&cause| cause.source()).find_map(|error| error.downcast_ref())
}

/// The error's message; a fixed text for an empty one, because a report needs a message.
fn message_of(error: &dyn Error) -> String {
    let message = error.to_string();
    if message.trim().is_empty() { "no message".to_owned() } else { message }
}

/// The error's type. Rust does not name it, but nearly all errors print it first: `ParseIntError { kind: InvalidDigit }`.
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
    // after a name come fields or nothing; other text means that this is a message
    let is_whole = rest.trim_start().is_empty() || rest.trim_start().starts_with(['{', '(']);
    if is_name && is_whole && name.len() <= MAX_NAME_BYTES { name.to_owned() } else { UNNAMED.to_owned() }
}

/// The beginning of a text of any length.
struct Beginning(String);

impl Write for Beginning {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let remaining = (2 * MAX_NAME_BYTES).saturating_sub(self.0.len());
        self.0.push_str(&more[..more.floor_char_boundary(remaining)]);
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
    fn a_report_has_the_errors_type_and_its_causes() {
        let number = "x".parse::<u16>().unwrap_err();
        let report = report(&ConfigError::BadPort(number));
        assert_eq!((report.error_type.as_str(), report.error_message.as_str()), ("BadPort", "the port is no number"));
        assert_eq!((report.causes.len(), report.causes[0].error_type.as_str()), (1, "ParseIntError"));
        assert_eq!((report.severity, report.source), (None, Some(Source::Rust)));
    }

    #[test]
    fn an_error_of_the_operating_system_is_high() {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let report = report(&ConfigError::Unreadable { source });
        assert_eq!((report.error_type.as_str(), report.severity), ("Unreadable", Some(Severity::High)));
        assert_eq!(report.causes[0].error_type, "io::Error (permission denied)");
    }

    #[test]
    fn an_error_without_a_name_or_a_message_is_reported() {
        let boxed: Box<dyn Error> = "Price is missing".into();
        assert_eq!(
            (report(&*boxed).error_type.as_str(), report(&*boxed).error_message.as_str()),
            ("Error", "Price is missing")
        );
        assert_eq!(report(&ConfigError::Silent).error_message, "no message");
        assert_eq!(report(&Plain("x")).error_type, "Plain");
    }
}
