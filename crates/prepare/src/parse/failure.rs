//! `Failure`: an error that a runtime printed when it ended a program.

use std::ops::Range;

use autoheal_contract::Cause;

/// An error that a runtime printed, with its stack and causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the error's class, or the runtime's own word, such as `panic`.
    pub error_type: String,
    /// The error's message; never empty.
    pub error_message: String,
    /// Its causes, the nearest first.
    pub causes: Vec<Cause>,
    /// Byte range in the text that was searched. It covers the stack as printed.
    pub range: Range<usize>,
}

impl Failure {
    /// Makes a failure without causes. An empty message is replaced by the type.
    pub(super) fn new(error_type: &str, message: &str, range: Range<usize>) -> Self {
        let message = message.trim();
        let error_message = if message.is_empty() { error_type } else { message };
        Self { error_type: error_type.to_owned(), error_message: error_message.to_owned(), causes: Vec::new(), range }
    }

    /// Turns this failure into the cause of another one; `text` is the text that its range refers to.
    pub(super) fn into_cause(self, text: &str) -> Cause {
        let stack = text.get(self.range).map(|stack| stack.trim_end().to_owned());
        Cause { error_type: self.error_type, error_message: self.error_message, stack_trace: stack }
    }
}
