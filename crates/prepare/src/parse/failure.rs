//! `Failure`: an error found in the output of a program.

use std::ops::Range;

use autoheal_contract::Cause;

/// An error that a program printed, with its stack and causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Name of the error's class, or the runtime's own word, such as `panic`; empty if the output names none.
    pub error_type: String,
    /// The error's message; never empty.
    pub error_message: String,
    /// Its causes, the nearest first.
    pub causes: Vec<Cause>,
    /// Byte range in the text that was searched. It covers the stack as printed.
    pub range: Range<usize>,
    /// The stack; none if the output has none.
    pub stack: Option<String>,
    /// Name of the rule that recognised the failure.
    pub rule: &'static str,
    /// How certain it is that this failure ended the program.
    pub(super) rank: Rank,
}

/// How certain it is that a failure ended the program. Of the failures with the highest rank, the last one is chosen;
/// of error lines and failed tests the first one, because the others often follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rank {
    /// Any line; chosen if there is nothing better.
    Line,
    /// A line of a program that started another one, such as `make: *** [Makefile:3: all] Error 1`.
    Wrapper,
    /// An error after which the program continued.
    Survived,
    /// A line with a word such as `cannot`.
    Worded,
    /// A log line of level error.
    Logged,
    /// A line in the form in which a known tool prints errors.
    Error,
    /// An error with a stack that the program itself printed or logged.
    LoggedStack,
    /// An error with a stack that may have ended a thread only. It becomes `Ended`, or `Survived` if much output
    /// follows.
    Uncaught,
    /// An error in the form in which a runtime prints what ended the program.
    Ended,
    /// A failed test in the output of a test runner.
    Test,
}

impl Failure {
    /// True if this is the line of a program that only started the one that failed, such as `make`.
    #[must_use]
    pub fn is_of_wrapper(&self) -> bool {
        self.rank == Rank::Wrapper
    }

    /// Makes a failure without causes. An empty message is replaced by the type.
    pub(super) fn new(error_type: &str, message: &str, range: Range<usize>) -> Self {
        let message = message.trim();
        let error_message = if message.is_empty() { error_type } else { message };
        Self {
            error_type: error_type.to_owned(),
            error_message: error_message.to_owned(),
            causes: Vec::new(),
            range,
            stack: None,
            rule: "",
            rank: Rank::Uncaught,
        }
    }

    /// True if the line was chosen for its words or its place only, not for its form.
    #[must_use]
    pub fn is_guess(&self) -> bool {
        self.rank <= Rank::Worded
    }

    /// Sets rank and rule.
    pub(super) fn ranked(mut self, rank: Rank, rule: &'static str) -> Self {
        (self.rank, self.rule) = (rank, rule);
        self
    }

    /// Sets the stack to the text of the range, unless it has one.
    pub(super) fn with_stack(mut self, text: &str) -> Self {
        self.range.end -= text.get(self.range.clone()).map_or(0, |stack| stack.len() - stack.trim_end().len());
        if self.stack.is_some() {
            return self;
        }
        self.stack = text.get(self.range.clone()).map(str::to_owned);
        self
    }

    /// Turns this failure into the cause of another one; `text` is the text that its range refers to.
    pub(super) fn into_cause(self, text: &str) -> Cause {
        let stack = text.get(self.range).map(|stack| stack.trim_end().to_owned());
        Cause { error_type: self.error_type, error_message: self.error_message, stack_trace: stack }
    }
}
