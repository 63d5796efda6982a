//! Comparison of files with the commit, by git. Without git, or if it takes too long, the files count as not compared.

use std::collections::BTreeSet;
use std::io::{PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use autoheal_contract::FileState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::repository::Repository;

/// Maximum length of git's output, in bytes.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
/// Settings and options by which git changes nothing, starts no other program and asks for nothing.
const QUIET: [&str; 9] = [
    "--no-optional-locks",
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.hooksPath=/dev/null",
];
/// The command that lists those of some files that are not the same as in the commit.
const STATUS: [&str; 9] = [
    "status",
    "--porcelain=v2",
    "--branch",
    "--no-ahead-behind",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignored=traditional",
    "--ignore-submodules=all",
];

/// Result of the comparison of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// The file's state.
    State(FileState),
    /// git ignores the file.
    Ignored,
}

/// The files that differ from the commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comparisons {
    is_complete: bool,
    changed: BTreeSet<String>,
    untracked: BTreeSet<String>,
    ignored: BTreeSet<String>,
}

impl Comparisons {
    /// The result for the file at this path.
    pub(super) fn of(&self, path: &str) -> Comparison {
        match () {
            () if !self.is_complete => Comparison::State(FileState::NotCompared),
            () if self.ignored.contains(path) => Comparison::Ignored,
            () if self.untracked.contains(path) => Comparison::State(FileState::Untracked),
            () if self.changed.contains(path) => Comparison::State(FileState::Changed),
            () => Comparison::State(FileState::Committed),
        }
    }

    /// Reads the output of `git status`. Incomplete without the commit, which git prints if it succeeds, and with another.
    fn read(output: &str, commit: &str) -> Self {
        let mut read = Self::default();
        for entry in output.split('\0') {
            match entry.split_at_checked(2) {
                Some(("# ", header)) => read.is_complete |= header.strip_prefix("branch.oid ") == Some(commit),
                Some(("? ", path)) => _ = read.untracked.insert(path.to_owned()),
                Some(("! ", path)) => _ = read.ignored.insert(path.to_owned()),
                // eight fields before the path of a changed file, ten before that of one in conflict
                Some(("1 ", fields)) => read.changed.extend(fields.splitn(8, ' ').nth(7).map(str::to_owned)),
                Some(("u ", fields)) => read.changed.extend(fields.splitn(10, ' ').nth(9).map(str::to_owned)),
                _ => {}
            }
        }
        read
    }
}

/// Compares files of the repository, given by their paths in it, with its commit, until this time.
pub(super) fn compare(repository: &Repository, paths: Vec<&str>, until: Instant) -> Comparisons {
    let output = start(repository, &paths).and_then(|(child, output)| {
        let read = read_until(output, until);
        end(child, read.is_none());
        read
    });
    output.map(|output| Comparisons::read(&output, &repository.commit)).unwrap_or_default()
}

fn start(repository: &Repository, paths: &[&str]) -> Option<(Child, PipeReader)> {
    let (reader, writer) = std::io::pipe().ok()?;
    let mut command = Command::new("git");
    // a process group of its own, so that programs which git starts end with it
    command.args(QUIET).args(STATUS).arg("--").args(paths).current_dir(&repository.top).process_group(0);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    // variables of git may name other files, and let git write traces
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1");
    Some((command.spawn().ok()?, reader))
}

/// The whole output; none if it is too long or does not end in time.
fn read_until(mut output: PipeReader, until: Instant) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let remaining = Timespec::try_from(until.checked_duration_since(Instant::now())?).ok()?;
        if poll(&mut [PollFd::new(&output, PollFlags::IN)], Some(&remaining)).ok()? == 0 {
            return None;
        }
        let mut buffer = [0; 4096];
        match output.read(&mut buffer).ok()? {
            0 => return String::from_utf8(bytes).ok(),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
        if bytes.len() > MAX_OUTPUT_BYTES {
            return None;
        }
    }
}

/// Waits for the end of git on a thread of its own, because it may take longer than there is time.
fn end(mut child: Child, is_late: bool) {
    if is_late && let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _gone = kill_process_group(group, Signal::KILL);
    }
    let wait = move || {
        let _ended = child.wait();
    };
    let _no_thread = std::thread::Builder::new().name("git".to_owned()).spawn(wait);
}
