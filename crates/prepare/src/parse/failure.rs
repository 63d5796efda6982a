//! Finding the failure in what a program printed: the last thing on the page that a runtime prints when it gives up.

use std::ops::Range;

use autoheal_contract::Cause;

use super::{go, java, node, python, rust_panic};

/// A failure with more lines than this below it was survived: what ended the program is told further down.
const LINES_BELOW: usize = 20;

/// What a runtime printed about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error's class, or the runtime's own word for it, such as `panic`.
    pub error_type: String,
    /// The error's message; never empty.
    pub error_message: String,
    /// What caused it, the nearest first.
    pub causes: Vec<Cause>,
    /// Where in the text it stands; this is the stack as it was printed.
    pub range: Range<usize>,
}

impl Failure {
    /// A failure with a message, or its type where it has none.
    pub(super) fn new(error_type: &str, message: &str, range: Range<usize>) -> Self {
        let message = message.trim();
        let error_message = if message.is_empty() { error_type } else { message };
        Self { error_type: error_type.to_owned(), error_message: error_message.to_owned(), causes: Vec::new(), range }
    }

    /// As the cause of another one.
    pub(super) fn into_cause(self, text: &str) -> Cause {
        let stack = text.get(self.range).map(|stack| stack.trim_end().to_owned());
        Cause { error_type: self.error_type, error_message: self.error_message, stack_trace: stack }
    }
}

/// Finds the failure that ended a program in the text it printed. When programs of several languages failed one inside
/// the other, the last one told is the one that gave up.
#[must_use]
pub fn find_failure(output: &str) -> Option<Failure> {
    let found = [python::find, node::find, rust_panic::find, java::find, go::find].into_iter();
    let mut failure = found.filter_map(|find| find(output)).max_by_key(|failure| failure.range.end)?;
    let below = output[failure.range.end..].lines().filter(|line| !line.trim().is_empty());
    if below.count() > LINES_BELOW {
        return None;
    }
    failure.range.end -= output[failure.range.clone()].len() - output[failure.range.clone()].trim_end().len();
    Some(failure)
}
