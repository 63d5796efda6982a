//! Signals: passed on to the command, unless they reached it by themselves; and waiting for its end.

use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};
use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGWINCH,
};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

use super::ending::Ending;

/// All that would end us and leave the command alone, but for our own faults; and what is of use to it.
const HEARD: [i32; 13] = [
    SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGVTALRM, SIGPROF, SIGIO, SIGCONT, SIGWINCH,
];
/// A command that fails this soon after Ctrl-C failed because of it.
const AFTERMATH: Duration = Duration::from_secs(10);

/// The signals this process hears of.
pub(crate) struct Signals {
    heard: SignalsInfo<WithOrigin>,
    asked_to_end: bool,
    interrupted: Option<Instant>,
}

impl Signals {
    /// Listens from here on.
    pub(crate) fn listen() -> io::Result<Self> {
        // What is ignored (`nohup`, a shell's background job) stays ignored, here and in the command.
        let ignored = ignored();
        let heard = HEARD.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let heard = SignalsInfo::new(heard.chain([SIGCHLD]))?;
        Ok(Self { heard, asked_to_end: false, interrupted: None })
    }

    /// Whether a person or a supervisor ended the command: what it said then is no failure.
    pub(crate) fn interrupted(&self) -> bool {
        self.asked_to_end || self.interrupted.is_some_and(|at| at.elapsed() < AFTERMATH)
    }

    /// Passes signals on until the command ends. `resized` is asked when the terminal's size may have changed, and says
    /// whether it told the command.
    pub(crate) fn follow(&mut self, child: Child, resized: impl Fn() -> bool) -> Ending {
        let child = Pid::from_child(&child);
        loop {
            let heard: Vec<Origin> = self.heard.wait().collect();
            for origin in heard {
                self.pass_on(&origin, child, &resized);
            }
            match waitpid(Some(child), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
                Ok(Some((_, status))) if status.stopped() => stop_as_well(child),
                Ok(Some((_, status))) => {
                    if let Some(ending) = Ending::of(status) {
                        return ending;
                    }
                }
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                // nothing else tells of it: taken for a plain failure
                Err(_) => return Ending::Code(1),
            }
        }
    }

    /// After the command's end: calls this with the signal when somebody asks us to end as well.
    pub(crate) fn on_termination(mut self, asked: impl Fn(i32) + Send + 'static) {
        let hear = move || {
            for origin in self.heard.forever() {
                if [SIGTERM, SIGHUP, SIGINT, SIGQUIT].contains(&origin.signal) {
                    asked(origin.signal);
                }
            }
        };
        // without it the end is only less prompt
        let _none_left = std::thread::Builder::new().name("signals".to_owned()).spawn(hear);
    }

    fn pass_on(&mut self, origin: &Origin, child: Pid, resized: impl Fn() -> bool) {
        let sender = origin.process.map(|process| process.pid);
        let own = [child, getpid()].map(|pid| pid.as_raw_nonzero().get());
        match origin.signal {
            SIGCHLD => return,
            // a command that signals its whole group has signalled itself
            _ if sender == Some(own[0]) => return,
            SIGTERM | SIGHUP => self.asked_to_end = true,
            SIGINT | SIGQUIT => self.interrupted = Some(Instant::now()),
            SIGWINCH if sender == Some(own[1]) => return,
            SIGWINCH if resized() => return,
            _ => {}
        }
        // the terminal's driver signals every process in the foreground, the command too; an alarm is the kernel's as well
        let from_terminal = [SIGINT, SIGQUIT, SIGWINCH, SIGCONT].contains(&origin.signal);
        if from_terminal && matches!(origin.cause, Cause::Kernel) {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(origin.signal) {
            // it may be gone already; then its end is next
            let _gone = kill_process(child, signal);
        }
    }
}

/// The command stopped (Ctrl-Z reached it alone, or it stopped itself): who started us must see it stopped.
fn stop_as_well(child: Pid) {
    let _impossible = kill_process(getpid(), Signal::STOP);
    // here again after SIGCONT
    let _gone = kill_process(child, Signal::CONT);
}

/// The signals that were ignored when this process started, one bit each; only Linux tells.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
