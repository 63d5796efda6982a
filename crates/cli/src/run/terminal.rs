//! The pseudo-terminal that the command prints to. Its size follows the real terminal's; modes that the command sets on
//! it are copied to the real one.
//!
//! The command stays in our session and process group and reads from the real terminal, so that Ctrl-C, Ctrl-Z,
//! password prompts and background jobs work. Only its output goes through the pseudo-terminal.

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
    /// Owned by its relay alone, so that the pseudo-terminal hangs up on the command when the relay ends.
    ours: Weak<OwnedFd>,
    real: BorrowedFd<'static>,
    /// Modes of the pseudo-terminal at the start.
    modes: Termios,
}

impl Terminal {
    /// Opens a pseudo-terminal with the real one's size and modes. Also returns our side, to read from, and the
    /// command's.
    pub(super) fn like(real: BorrowedFd<'static>) -> io::Result<(Self, Arc<OwnedFd>, OwnedFd)> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        // not every system accepts this as a flag; no other thread starts a process in between
        rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = their_side(&ours)?;
        let modes = tcgetattr(real)?;
        let mut same = modes.clone();
        // The real terminal already translates `\n`. A second translation would change the bytes.
        same.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&theirs, OptionalActions::Now, &same)?;
        let ours = Arc::new(ours);
        let terminal = Self { ours: Arc::downgrade(&ours), real, modes: same };
        terminal.follow_size();
        Ok((terminal, ours, theirs))
    }

    /// Sets the pseudo-terminal to the real terminal's size and notifies the command. Returns whether the size changed.
    pub(super) fn resized(&self) -> bool {
        // before the notification, because the command then reads the size
        let changed = self.follow_size();
        if changed {
            Self::notify_size();
        }
        changed
    }

    fn follow_size(&self) -> bool {
        let Some(ours) = self.ours.upgrade() else { return false };
        let sizes = (tcgetwinsize(self.real), tcgetwinsize(&ours));
        let (Ok(real), Ok(current)) = sizes else { return false };
        let same = (real.ws_row, real.ws_col) == (current.ws_row, current.ws_col);
        !same && tcsetwinsize(&ours, real).is_ok()
    }

    /// Signals our process group again. The kernel's signal came while the pseudo-terminal had its old size.
    fn notify_size() {
        let _impossible = kill_current_process_group(Signal::WINCH);
    }
}

/// Copies terminal modes that the command sets on its output, as full-screen programs do, to the real terminal.
pub(super) struct Modes {
    ours: Arc<OwnedFd>,
    real: BorrowedFd<'static>,
    original: Option<Termios>,
    last: Termios,
}

impl Modes {
    /// Starts with the terminal's current modes.
    pub(super) fn watch(terminal: &Terminal) -> io::Result<Self> {
        let ours = terminal.ours.upgrade().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Self { ours, real: terminal.real, original: None, last: terminal.modes.clone() })
    }

    /// Copies changed input modes to the real terminal. Called after each read of output, because a program that
    /// changes the modes then draws its screen.
    pub(super) fn follow(&mut self) {
        let Ok(now) = tcgetattr(&self.ours) else { return };
        if followed_modes(&now) == followed_modes(&self.last) || !in_foreground(self.real) {
            return;
        }
        let Ok(mut real) = tcgetattr(self.real) else { return };
        self.original.get_or_insert_with(|| real.clone());
        (real.input_modes, real.local_modes) = (now.input_modes, now.local_modes);
        real.special_codes = now.special_codes.clone();
        let carriage_returns = OutputModes::ONLCR;
        real.output_modes.set(carriage_returns, now.output_modes.contains(carriage_returns));
        if tcsetattr(self.real, OptionalActions::Drain, &real).is_ok() {
            self.last = now;
        }
    }
}

/// Restores the original modes, because a program that changed them and crashed would leave the terminal unusable.
impl Drop for Modes {
    fn drop(&mut self) {
        if let Some(original) = self.original.as_ref().filter(|_| in_foreground(self.real)) {
            let _gone = tcsetattr(self.real, OptionalActions::Drain, original);
        }
    }
}

/// The modes that are copied and compared.
fn followed_modes(modes: &Termios) -> (InputModes, LocalModes, bool) {
    (modes.input_modes, modes.local_modes, modes.output_modes.contains(OutputModes::ONLCR))
}

/// True if this process may set modes. The kernel stops a background process that sets them.
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
