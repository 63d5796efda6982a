//! The end of a command: its exit code or signal, whether that is a failure, and ending this process the same way.

use std::process::{ExitCode, exit};

use autoheal_contract::Exit;
use rustix::process::{Resource, Rlimit, WaitStatus, getpid, getrlimit, setrlimit};
use signal_hook::consts::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGKILL, SIGPIPE, SIGSEGV, SIGTRAP};
use signal_hook::low_level::{emulate_default_handler, signal_name};

/// The end of a command: an exit code, or a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Code(i32),
    Signal(i32),
}

/// Shells exit with this offset plus the signal's number after a signal ended their child.
const SIGNAL_OFFSET: i32 = 128;
/// Signals of a crash. SIGKILL is one, because the system sends it when memory runs out.
const CRASHES: [i32; 7] = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV];

impl Ending {
    /// The ending in a wait status; none when the process only stopped or continued.
    pub(crate) fn of(status: WaitStatus) -> Option<Self> {
        status.exit_status().map(Self::Code).or_else(|| status.terminating_signal().map(Self::Signal))
    }

    /// The ending that a report carries. Unknown ones count as exit code 1.
    pub(crate) fn of_report(exit: &Exit) -> Self {
        let number = |name: &String| (1..=31).find(|signal| signal_name(*signal) == Some(name.as_str()));
        let code = || exit.code.and_then(|code| i32::try_from(code).ok()).unwrap_or(1);
        exit.signal.as_ref().and_then(number).map_or_else(|| Self::Code(code()), Self::Signal)
    }

    /// True if this is a failure. Exit codes in `ok` and a user's interrupt are none.
    pub(crate) fn failed(self, ok: &[i32]) -> bool {
        match self {
            Self::Code(code) => code != 0 && code != SIGNAL_OFFSET + SIGINT && !ok.contains(&code),
            Self::Signal(signal) => signal != SIGINT,
        }
    }

    /// The exit code with which a shell passes this ending on.
    pub(crate) fn as_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => SIGNAL_OFFSET + signal,
        }
    }

    /// True if the command ended because the reader of its output had gone.
    pub(crate) fn by_pipe(self) -> bool {
        matches!(self, Self::Signal(SIGPIPE)) || self == Self::Code(SIGNAL_OFFSET + SIGPIPE)
    }

    /// The signal's name. Also for a shell's exit code that means a crash of its child.
    pub(crate) fn signal(self) -> Option<&'static str> {
        match self {
            Self::Signal(signal) => Some(signal_name(signal).unwrap_or("SIG?")),
            Self::Code(code) => {
                CRASHES.contains(&(code - SIGNAL_OFFSET)).then(|| signal_name(code - SIGNAL_OFFSET)).flatten()
            }
        }
    }

    /// The ending as reports carry it.
    pub(crate) fn exit(self) -> Exit {
        let code = match self {
            Self::Code(code) => Some(i64::from(code)),
            Self::Signal(_) => None,
        };
        Exit { code, signal: self.signal().map(str::to_owned) }
    }

    /// Ends this process by the same signal, or returns the same exit code.
    pub(crate) fn repeat(self) -> ExitCode {
        ExitCode::from(self.repeat_signal())
    }

    /// Ends this process the same way, immediately.
    pub(crate) fn repeat_now(self) -> ! {
        exit(self.repeat_signal().into())
    }

    /// Ends this process if a signal ended the command, else returns the exit code.
    fn repeat_signal(self) -> u8 {
        let code = match self {
            Self::Code(code) => code,
            // the first process of a container ignores its own signals; container runtimes use this exit code too
            Self::Signal(signal) if getpid().is_init() => SIGNAL_OFFSET + signal,
            Self::Signal(signal) => {
                // no core file of this process, because only the command's own is useful
                let limit = getrlimit(Resource::Core);
                let _unchanged = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
                // a core collector runs regardless of the limit
                #[cfg(target_os = "linux")]
                let _unchanged = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
                let _unknown = emulate_default_handler(signal);
                SIGNAL_OFFSET + signal
            }
        };
        u8::try_from(code & 0xFF).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interrupts_and_expected_codes_are_no_failures() {
        for (ending, failed) in [
            (Ending::Code(0), false),
            (Ending::Code(1), true),
            (Ending::Code(3), false),
            (Ending::Code(130), false),
            (Ending::Signal(SIGINT), false),
            (Ending::Signal(SIGSEGV), true),
        ] {
            assert_eq!(ending.failed(&[3]), failed, "{ending:?}");
        }
    }

    #[test]
    fn an_ending_is_the_same_after_it_was_reported() {
        for ending in [Ending::Code(3), Ending::Signal(SIGSEGV), Ending::Signal(SIGABRT)] {
            assert_eq!(Ending::of_report(&ending.exit()), ending);
        }
        assert_eq!(Ending::of_report(&Exit::default()), Ending::Code(1));
    }

    #[test]
    fn a_shells_exit_code_can_stand_for_its_childs_crash() {
        assert_eq!(Ending::Code(139).signal(), Some("SIGSEGV"));
        assert_eq!(Ending::Code(129).signal(), None);
        assert!(Ending::Code(141).by_pipe());
    }
}
