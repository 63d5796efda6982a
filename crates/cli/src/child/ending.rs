//! How a command ended, whether that is a failure, and ending the same way.

use std::process::{ExitCode, exit};

use autoheal_contract::Exit;
use rustix::process::{Resource, Rlimit, WaitStatus, getpid, getrlimit, setrlimit};
use signal_hook::consts::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGKILL, SIGPIPE, SIGSEGV, SIGTRAP};
use signal_hook::low_level::{emulate_default_handler, signal_name};

/// With a code, or by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Code(i32),
    Signal(i32),
}

/// What shells add to a signal's number when they exit for a child that it ended.
const SHELL: i32 = 128;
/// Signals that end a program against its will.
const CRASHES: [i32; 7] = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV];

impl Ending {
    /// Reads a status; nothing when the process only stopped or went on.
    pub(crate) fn of(status: WaitStatus) -> Option<Self> {
        status.exit_status().map(Self::Code).or_else(|| status.terminating_signal().map(Self::Signal))
    }

    /// Whether this means a failure, exit codes in `ok` left out. A user's interrupt never does.
    pub(crate) fn failed(self, ok: &[i32]) -> bool {
        match self {
            Self::Code(code) => code != 0 && code != SHELL + SIGINT && !ok.contains(&code),
            Self::Signal(signal) => signal != SIGINT,
        }
    }

    /// Whether it ended because nobody read its output any more.
    pub(crate) fn by_pipe(self) -> bool {
        matches!(self, Self::Signal(SIGPIPE)) || self == Self::Code(SHELL + SIGPIPE)
    }

    /// The signal's name; a shell's word for a crash of its child counts.
    pub(crate) fn signal(self) -> Option<&'static str> {
        match self {
            Self::Signal(signal) => Some(signal_name(signal).unwrap_or("SIG?")),
            Self::Code(code) => CRASHES.contains(&(code - SHELL)).then(|| signal_name(code - SHELL)).flatten(),
        }
    }

    /// As reports tell it.
    pub(crate) fn exit(self) -> Exit {
        let code = match self {
            Self::Code(code) => Some(i64::from(code)),
            Self::Signal(_) => None,
        };
        Exit { code, signal: self.signal().map(str::to_owned) }
    }

    /// Ends this process the same way; returns only where the ending is an exit code.
    pub(crate) fn repeat(self) -> ExitCode {
        ExitCode::from(self.repeat_signal())
    }

    /// Ends this process the same way and at once.
    pub(crate) fn repeat_now(self) -> ! {
        exit(self.repeat_signal().into())
    }

    /// Ends this process where a signal ended the command; elsewhere, the exit code.
    fn repeat_signal(self) -> u8 {
        let code = match self {
            Self::Code(code) => code,
            // to a container's first process its own signals mean nothing; a container tells of them by this code as well
            Self::Signal(signal) if getpid().is_init() => SHELL + signal,
            Self::Signal(signal) => {
                // The command's own core is the one worth keeping.
                let limit = getrlimit(Resource::Core);
                let _kept = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
                // a program that collects cores is asked whatever the limit is
                #[cfg(target_os = "linux")]
                let _kept = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
                let _unknown = emulate_default_handler(signal);
                SHELL + signal
            }
        };
        u8::try_from(code & 0xFF).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interrupts_and_wanted_codes_are_no_failures() {
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
    fn a_shell_tells_of_its_childs_crash() {
        assert_eq!(Ending::Code(139).signal(), Some("SIGSEGV"));
        assert_eq!(Ending::Code(129).signal(), None);
        assert!(Ending::Code(141).by_pipe());
    }
}
