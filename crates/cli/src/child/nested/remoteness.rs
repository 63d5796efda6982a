//! Whether a `run` or `mcp` within or around a command has `--remote`: lines in the files of all of them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use autoheal_prepare::validate::Sender;

use super::is_ours;

/// Line of a `run` or `mcp` with `--remote`. Text of strangers passes through each command around it.
const REMOTE: &[u8] = b"remote";
/// Begin of the line with the path of the file of the next outer command.
const OUTER: &[u8] = b"outer ";
/// Maximum number of outer commands that are noted as remote.
const MAX_OUTER: usize = 100;

/// Whether a command serves others: by its own `--remote`, or that of a `run` or `mcp` around or within it.
#[derive(Debug, Clone)]
pub(crate) struct Remoteness {
    file: Option<PathBuf>,
    is_remote: Arc<AtomicBool>,
}

impl Remoteness {
    /// The remoteness of a command with this file; `is_remote` is what is known at its start.
    pub(super) fn new(file: Option<PathBuf>, is_remote: bool) -> Self {
        Self { file, is_remote: Arc::new(is_remote.into()) }
    }

    /// Sender of the command's failures. Text that the command printed before this call is covered, because a remote `run`
    /// or `mcp` notes itself before it starts its command.
    pub(crate) fn sender(&self) -> Sender {
        if self.is_remote() { Sender::Anonymous } else { Sender::Local }
    }

    /// True once any of them has `--remote`, also after the file is deleted.
    pub(crate) fn is_remote(&self) -> bool {
        if !self.is_remote.load(Ordering::Relaxed) && self.file.as_deref().is_some_and(is_noted) {
            self.is_remote.store(true, Ordering::Relaxed);
        }
        self.is_remote.load(Ordering::Relaxed)
    }
}

/// True if a file holds the line about `--remote`.
pub(super) fn is_noted(file: &Path) -> bool {
    is_remote(&read(file))
}

/// The lines with which the file of a command begins.
pub(super) fn first_lines(is_remote: bool, outer: Option<&Path>) -> Vec<u8> {
    let mut lines = Vec::new();
    if is_remote {
        lines.extend([REMOTE, b"\n"].concat());
    }
    if let Some(outer) = outer {
        lines.extend([OUTER, outer.as_os_str().as_bytes(), b"\n"].concat());
    }
    lines
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_default()
}

fn is_remote(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line == REMOTE)
}

/// Writes the line about `--remote` for each outer command, because one between may be killed and pass nothing on. A file
/// that is full for failures takes this line, too.
pub(super) fn note(mut outer: Option<PathBuf>) {
    for _ in 0..MAX_OUTER {
        let Some(path) = outer else { return };
        let text = read(&path);
        if is_remote(&text) {
            return;
        }
        if let Ok(mut file) = File::options().append(true).open(&path) {
            // after a line end, because any command can write to the file
            let _unwritten = file.write_all(&[b"\n", REMOTE, b"\n"].concat());
        }
        let line = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(OUTER));
        outer = line.map(|path| PathBuf::from(OsStr::from_bytes(path))).filter(|path| is_ours(path));
    }
}
