//! The lines above a traceback, which show whether the exception ended the program, a thread, or nothing.

use super::super::failure::Rank;
use super::super::logged::{self, Level};

/// Beginnings of lines above a traceback, or of the first line after one, with what the exception ended.
const HEADS: [(&str, Context); 12] = [
    ("Exception ignored ", Context::Ignored),
    ("Error in atexit._run_exitfuncs", Context::Ignored),
    ("Error in sys.excepthook", Context::Ignored),
    ("Error in sitecustomize", Context::Ignored),
    ("Task exception was never retrieved", Context::Ignored),
    ("Future exception was never retrieved", Context::Ignored),
    ("unhandled exception during asyncio.run() shutdown", Context::Ignored),
    ("Exception in callback ", Context::Ignored),
    ("Exception in thread ", Context::Thread),
    ("Exception in threading.excepthook", Context::Ignored),
    ("Process ", Context::Thread),
    ("Exception happened during processing of request ", Context::Logged(Level::Error)),
];
/// Maximum number of lines above a traceback that are compared.
const MAX_LINES: usize = 4;

/// What an exception ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// The program, as far as its output shows.
    Program,
    /// A thread or a child process; the program may have continued.
    Thread,
    /// Nothing: it was raised in a finaliser, at exit, or in a task without a reader.
    Ignored,
    /// Nothing: a log line of this level is above it.
    Logged(Level),
}

impl Context {
    /// Reads the lines above the traceback that begins at byte `start`.
    pub(super) fn above(output: &str, start: usize) -> Self {
        let lines = output[..start].lines().rev().filter(|line| !line.trim().is_empty()).take(MAX_LINES);
        for (distance, line) in lines.enumerate() {
            // the frames and the message of a traceback above this one
            if line.starts_with(' ') {
                break;
            }
            if let Some((_, context)) = HEADS.iter().find(|(head, _)| line.starts_with(head)) {
                // `Process Process-1:` and the others directly above, unless they are followed by a description
                if distance == 0 || *context == Self::Ignored {
                    return *context;
                }
            }
            if distance == 0
                && let Some(level) = logged::level(line).filter(|level| *level >= Level::Warning)
            {
                return Self::Logged(level);
            }
        }
        Self::Program
    }

    /// True if the program may have printed more after the traceback.
    pub(super) fn may_continue(self) -> bool {
        self != Self::Program
    }

    pub(super) fn rank(self) -> (Rank, &'static str) {
        match self {
            Self::Program => (Rank::Uncaught, "python traceback"),
            Self::Thread => (Rank::Uncaught, "python traceback of a thread"),
            Self::Ignored => (Rank::Survived, "python traceback that was ignored"),
            Self::Logged(Level::Warning) => (Rank::Survived, "python traceback in a warning"),
            Self::Logged(_) => (Rank::LoggedStack, "python traceback in a log"),
        }
    }
}

/// Returns true for a line that follows a message and does not belong to it.
pub(super) fn is_end(line: &str) -> bool {
    HEADS.iter().any(|(head, context)| *context != Context::Logged(Level::Error) && line.starts_with(head))
        && (!line.starts_with("Process ") || line.ends_with(':'))
}
