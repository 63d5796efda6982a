//! The first process of a container: runs `autoheal` as its child, and takes the status of every process that ends.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::getpid;

use super::Signals;

/// As the first process (PID 1), starts the same command line as a child, passes signals on, and ends as the child does.
/// None as any other process, and if no child can be started.
///
/// Orphans become children of the first process, and stay in the process table until it takes their status. Only a process
/// that waits for any child can do that, which would take the status of `run`'s command and of git from those who wait for
/// them.
pub(crate) fn run_as_child() -> Option<ExitCode> {
    if !getpid().is_init() {
        return None;
    }
    // before the child starts, so that no signal and no end of it is missed
    let mut signals = Signals::listen().ok()?;
    #[cfg(target_os = "linux")]
    let executable = "/proc/self/exe";
    #[cfg(not(target_os = "linux"))]
    let executable = std::env::current_exe().ok()?;
    let mut words = std::env::args_os();
    let child = Command::new(executable).arg0(words.next()?).args(words).spawn().ok()?;
    Some(signals.follow_as_first(child).repeat())
}
