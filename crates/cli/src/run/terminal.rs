//! The pseudo-terminal that stands in for ours, so that the command sees one: its size and modes follow the real one's.
//!
//! The command stays in our session and process group and keeps our terminal for input: Ctrl-C, Ctrl-Z, passwords and
//! background jobs work as they always do. Only what it prints takes the way over the pseudo-terminal.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, Weak};

use rustix::process::{Signal, getpgrp, kill_current_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, unlockpt};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
    tcsetwinsize,
};

/// Our side of the pseudo-terminal, and the real terminal.
pub(super) struct Terminal {
    /// Held by who reads it only: where that ends, the pseudo-terminal hangs up on the command as the real one did.
    ours: Weak<OwnedFd>,
    real: BorrowedFd<'static>,
    /// The modes both had at the start.
    modes: Termios,
}

impl Terminal {
    /// Makes a pseudo-terminal like the real one; returns our side, to be read, and the command's.
    pub(super) fn like(real: BorrowedFd<'static>) -> io::Result<(Self, Arc<OwnedFd>, OwnedFd)> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        // not every system takes this as a flag; no other thread starts a process in between
        rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = their_side(&ours)?;
        let modes = tcgetattr(real)?;
        let mut same = modes.clone();
        // The real terminal makes `\n` into what it needs; done twice, bytes would change.
        same.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&theirs, OptionalActions::Now, &same)?;
        let ours = Arc::new(ours);
        let terminal = Self { ours: Arc::downgrade(&ours), real, modes: same };
        terminal.follow_size();
        Ok((terminal, ours, theirs))
    }

    /// Gives it the real terminal's size, and tells of it; says whether that changed anything.
    pub(super) fn resized(&self) -> bool {
        // the size must be right before the command hears of it
        let changed = self.follow_size();
        if changed {
            Self::tell_size();
        }
        changed
    }

    fn follow_size(&self) -> bool {
        let Some(ours) = self.ours.upgrade() else { return false };
        let sizes = (tcgetwinsize(self.real), tcgetwinsize(&ours));
        let (Ok(real), Ok(known)) = sizes else { return false };
        let same = (real.ws_row, real.ws_col) == (known.ws_row, known.ws_col);
        !same && tcsetwinsize(&ours, real).is_ok()
    }

    /// The terminal told everybody in the foreground when the old size still stood: they are told once more.
    fn tell_size() {
        let _impossible = kill_current_process_group(Signal::WINCH);
    }
}

/// Keeps the real terminal's modes in step with those the command sets on what it prints to, as full-screen programs do.
pub(super) struct Modes {
    ours: Arc<OwnedFd>,
    real: BorrowedFd<'static>,
    original: Option<Termios>,
    last: Termios,
}

impl Modes {
    /// Watches a terminal.
    pub(super) fn watch(terminal: &Terminal) -> io::Result<Self> {
        let ours = terminal.ours.upgrade().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Self { ours, real: terminal.real, original: None, last: terminal.modes.clone() })
    }

    /// Hands changes of how input is read on to the real terminal. Asked whenever the command printed: a program that
    /// changes the modes draws its screen next.
    pub(super) fn follow(&mut self) {
        let Ok(now) = tcgetattr(&self.ours) else { return };
        if input(&now) == input(&self.last) || !in_foreground(self.real) {
            return;
        }
        let Ok(mut real) = tcgetattr(self.real) else { return };
        self.original.get_or_insert_with(|| real.clone());
        (real.input_modes, real.local_modes) = (now.input_modes, now.local_modes);
        real.special_codes = now.special_codes.clone();
        let returns = OutputModes::ONLCR;
        real.output_modes.set(returns, now.output_modes.contains(returns));
        if tcsetattr(self.real, OptionalActions::Drain, &real).is_ok() {
            self.last = now;
        }
    }
}

/// A program that changed the modes and died would leave the terminal unusable.
impl Drop for Modes {
    fn drop(&mut self) {
        if let Some(original) = self.original.as_ref().filter(|_| in_foreground(self.real)) {
            let _gone = tcsetattr(self.real, OptionalActions::Drain, original);
        }
    }
}

fn input(modes: &Termios) -> (InputModes, LocalModes, bool) {
    (modes.input_modes, modes.local_modes, modes.output_modes.contains(OutputModes::ONLCR))
}

/// Setting modes from the background would stop us.
fn in_foreground(real: BorrowedFd<'_>) -> bool {
    tcgetpgrp(real).is_ok_and(|group| group == getpgrp())
}

#[cfg(target_os = "linux")]
fn their_side(ours: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    Ok(rustix::pty::ioctl_tiocgptpeer(ours, flags)?)
}

#[cfg(not(target_os = "linux"))]
fn their_side(ours: &OwnedFd) -> io::Result<OwnedFd> {
    use rustix::fs::{Mode, OFlags};
    let name = rustix::pty::ptsname(ours, Vec::new())?;
    Ok(rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?)
}
