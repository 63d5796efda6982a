//! An output stream that is a file: the command writes to it itself, because a pipe would hide a full disk from it. What it
//! printed is read from the file after its end.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, fstatvfs, tell};
use rustix::process::geteuid;

use crate::child::{LastReads, WrittenFile};

/// Maximum number of bytes that are read from the end of the file.
const MAX_BYTES: u64 = 512 * 1024;
/// Directory of links to this process's open files.
#[cfg(target_os = "linux")]
const OPEN_FILES: &str = "/proc/self/fd";
#[cfg(not(target_os = "linux"))]
const OPEN_FILES: &str = "/dev/fd";

/// A file that is our standard output or error.
pub(super) struct FileStream {
    ours: BorrowedFd<'static>,
    /// None for a device that cannot be read.
    content: Option<File>,
    start: u64,
}

/// What was written to the file meanwhile.
pub(super) struct Written {
    /// The last bytes.
    pub(super) tail: Vec<u8>,
    /// The last bytes, with the place in the file.
    pub(super) last_reads: LastReads,
    /// True if the file takes no more bytes.
    pub(super) is_full: bool,
}

impl FileStream {
    /// None if the stream is no file, or one that cannot be read: its output is then read from a pipe.
    pub(super) fn of(ours: BorrowedFd<'static>) -> Option<Self> {
        if is_always_full(ours) {
            return Some(Self { ours, content: None, start: 0 });
        }
        let stat = fstat(ours).ok()?;
        matches!(FileType::from_raw_mode(stat.st_mode), FileType::RegularFile).then_some(())?;
        let content = File::open(format!("{OPEN_FILES}/{}", ours.as_raw_fd())).ok()?;
        let start = if is_appending(ours) { u64::try_from(stat.st_size).ok()? } else { tell(ours).ok()? };
        Some(Self { ours, content: Some(content), start })
    }

    /// Reads what was written since the start, by the command and by others that write to the same file.
    pub(super) fn finish(&self) -> Written {
        let is_full = is_full(self.ours);
        let nothing = || Written { tail: Vec::new(), last_reads: LastReads::default(), is_full };
        let Some(content) = &self.content else { return nothing() };
        let Ok(metadata) = content.metadata() else { return nothing() };
        let end = metadata.len();
        // a shorter file was cut meanwhile, as log rotation does
        let start = if self.start <= end { self.start } else { 0 };
        let mut tail = vec![0; usize::try_from((end - start).min(MAX_BYTES)).unwrap_or(0)];
        let Ok(()) = read_at(content, &mut tail, end) else { return nothing() };
        let file = WrittenFile { device: metadata.dev(), inode: metadata.ino(), start: self.start, end };
        Written { last_reads: LastReads::of_file(file, &tail), tail, is_full }
    }
}

/// Reads the bytes before `end`.
fn read_at(file: &File, buffer: &mut [u8], end: u64) -> io::Result<()> {
    file.read_exact_at(buffer, end.saturating_sub(buffer.len() as u64))
}

fn is_appending(stream: BorrowedFd<'_>) -> bool {
    fcntl_getfl(stream).is_ok_and(|flags| flags.contains(OFlags::APPEND))
}

/// True for Linux's `/dev/full`.
fn is_always_full(stream: BorrowedFd<'_>) -> bool {
    let is_full = |stat: rustix::fs::Stat| {
        let (major, minor) = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
        FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && (major, minor) == (1, 7)
    };
    cfg!(target_os = "linux") && fstat(stream).is_ok_and(is_full)
}

/// True if the file system of the stream has no space for this user.
fn is_full(stream: BorrowedFd<'_>) -> bool {
    let has_none = |space: rustix::fs::StatVfs| {
        let free = if geteuid().is_root() { space.f_bfree } else { space.f_bavail };
        // some file systems do not count blocks
        space.f_blocks > 0 && free == 0
    };
    is_always_full(stream) || fstatvfs(stream).is_ok_and(has_none)
}
