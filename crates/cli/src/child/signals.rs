//! Forwarding of signals to the command, unless they have reached it already, while waiting for its end.

use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait, waitpid};
use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2,
    SIGVTALRM, SIGWINCH,
};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::{Cause, Origin};

use super::ending::Ending;

/// Signals to forward: signals that would end this process but not the command, except signals of our own crashes; and
/// signals that the command may use, such as SIGWINCH. Ctrl-Z stops this process only with the command, because a stop of
/// its own would repeat after `fg`, when this process sees the command's stop.
const FORWARDED: [i32; 14] = [
    SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGVTALRM, SIGPROF, SIGIO, SIGCONT, SIGTSTP,
    SIGWINCH,
];
/// Time after Ctrl-C during which a failure of the command counts as its effect.
const INTERRUPT_EFFECT: Duration = Duration::from_secs(10);

/// The signals that this process receives.
pub(crate) struct Signals {
    received: SignalsInfo<WithOrigin>,
    terminated: bool,
    interrupted: Option<Instant>,
}

impl Signals {
    /// Receives signals from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        // A signal that was ignored at the start (`nohup`, a shell's background job) stays ignored, also in the
        // command.
        let ignored = ignored();
        let handled = FORWARDED.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let received = SignalsInfo::new(handled.chain([SIGCHLD]))?;
        Ok(Self { received, terminated: false, interrupted: None })
    }

    /// True if a person or a supervisor ended the command. The exit of the command is then no failure.
    pub(crate) fn interrupted(&self) -> bool {
        self.terminated || self.interrupted.is_some_and(|at| at.elapsed() < INTERRUPT_EFFECT)
    }

    /// Forwards signals until the command ends. `resized` is called when the terminal's size may have changed, and
    /// returns whether it has notified the command.
    pub(crate) fn follow(&mut self, child: Child, resized: impl Fn() -> bool) -> Ending {
        let child = Pid::from_child(&child);
        loop {
            self.forward_received(child, &resized);
            match waitpid(Some(child), WaitOptions::NOHANG | WaitOptions::UNTRACED) {
                Ok(Some((_, status))) if status.stopped() => stop_as_well(child),
                Ok(Some((_, status))) => {
                    if let Some(ending) = Ending::of(status) {
                        return ending;
                    }
                }
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                // the status cannot be read: treat it as a plain failure
                Err(_) => return Ending::Code(1),
            }
        }
    }

    /// Like [`follow`](Self::follow) for the first process of a container, which also takes the status of all orphans.
    /// It cannot be stopped.
    pub(crate) fn follow_as_first(&mut self, child: Child) -> Ending {
        let child = Pid::from_child(&child);
        loop {
            self.forward_received(child, || false);
            loop {
                match wait(WaitOptions::NOHANG) {
                    Ok(Some((ended, status))) if ended == child => {
                        if let Some(ending) = Ending::of(status) {
                            return ending;
                        }
                    }
                    Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                    Ok(None) => break,
                    Err(_) => return Ending::Code(1),
                }
            }
        }
    }

    /// Waits for signals, and forwards them.
    fn forward_received(&mut self, child: Pid, resized: impl Fn() -> bool) {
        let origins: Vec<Origin> = self.received.wait().collect();
        for origin in origins {
            self.forward(&origin, child, &resized);
        }
    }

    /// Calls `terminate` with each terminating signal from now on, after the command's end.
    pub(crate) fn on_termination(mut self, terminate: impl Fn(i32) + Send + 'static) {
        let receive = move || {
            for origin in self.received.forever() {
                if [SIGTERM, SIGHUP, SIGINT, SIGQUIT].contains(&origin.signal) {
                    terminate(origin.signal);
                }
            }
        };
        // without this thread, a signal ends this process later
        let _no_thread = std::thread::Builder::new().name("signals".to_owned()).spawn(receive);
    }

    fn forward(&mut self, origin: &Origin, child: Pid, resized: &impl Fn() -> bool) {
        let sender = origin.process.map(|process| process.pid);
        let own = [child, getpid()].map(|pid| pid.as_raw_nonzero().get());
        match origin.signal {
            SIGCHLD => return,
            // a command that signalled its whole process group has received the signal already
            _ if sender == Some(own[0]) => return,
            SIGTERM | SIGHUP => self.terminated = true,
            SIGINT | SIGQUIT => self.interrupted = Some(Instant::now()),
            SIGWINCH if sender == Some(own[1]) => return,
            SIGWINCH if resized() => return,
            _ => {}
        }
        // the terminal driver signals each foreground process, the command too; other signals of the kernel, such as an
        // alarm, reach this process only
        let from_terminal = [SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGCONT].contains(&origin.signal);
        if from_terminal && matches!(origin.cause, Cause::Kernel) {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(origin.signal) {
            // the command may have ended already; the caller then sees its status
            let _gone = kill_process(child, signal);
        }
    }
}

/// Stops this process after the command stopped, so that our parent sees a stop.
fn stop_as_well(child: Pid) {
    let _impossible = kill_process(getpid(), Signal::STOP);
    // continues here after SIGCONT
    let _gone = kill_process(child, Signal::CONT);
}

/// The signals that were ignored when this process started, one bit each; none where the system is not Linux.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
