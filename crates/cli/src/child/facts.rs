//! What is known of the place the command ran in: the repository, the system, the runtime. Asked only after a failure.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, access};

use super::repository::Repository;

/// A program that answers slower is not waited for.
const PATIENCE: Duration = Duration::from_millis(1_200);
/// Most of an answer that is read, in bytes.
const ANSWER: usize = 4096;
/// Programs that run other people's code, and how each tells its version.
const RUNTIMES: [(&str, &str); 10] = [
    ("python", "--version"),
    ("node", "--version"),
    ("java", "-version"),
    ("ruby", "--version"),
    ("perl", "-v"),
    ("php", "--version"),
    ("deno", "--version"),
    ("bun", "--version"),
    ("go", "version"),
    ("cargo", "--version"),
];

/// Where in which commit the command ran.
pub(crate) struct Place {
    /// Relative to the repository, else absolute; empty when it is gone.
    pub(crate) directory: String,
    pub(crate) commit: Option<String>,
}

impl Place {
    /// Reads the repository's files; asks git only where they are elsewhere or of another kind.
    pub(crate) fn here() -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let found = match std::env::var_os("GIT_DIR") {
            Some(_) => None,
            None => Repository::around(&here),
        };
        let (directory, commit) = match found {
            Some(Repository { top, commit }) => (here.strip_prefix(top).ok().map(Path::to_owned), Some(commit)),
            None => match asked() {
                Some((directory, commit)) => (Some(directory), Some(commit)),
                None => (None, None),
            },
        };
        let directory = match directory {
            Some(within) if within.as_os_str().is_empty() => ".".to_owned(),
            Some(within) => within.to_string_lossy().into_owned(),
            None => here.to_string_lossy().into_owned(),
        };
        Self { directory, commit }
    }
}

/// What git says of directory and commit.
fn asked() -> Option<(PathBuf, String)> {
    let answer = ask(OsStr::new("git"), &["rev-parse", "--show-prefix", "HEAD"])?;
    let mut lines = answer.lines();
    let (prefix, commit) = (lines.next()?, lines.next()?);
    let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| (prefix.trim_end_matches('/').into(), commit.to_owned()))
}

/// The runtime's version, such as `Python 3.11.7`, when the command is one or is a script for one.
pub(crate) fn runtime(program: &OsStr) -> Option<String> {
    let (name, argument, interpreter) = known(program).or_else(|| known(&interpreter(program)?))?;
    let answer = ask(&interpreter, &[argument])?;
    let version = answer.lines().find(|line| !line.trim().is_empty())?.trim();
    // `v20.20.2` alone says little
    let says_its_name = version.to_lowercase().contains(name) || version.contains("JDK");
    Some(if says_its_name { version.to_owned() } else { format!("{name} {version}") })
}

/// A known runtime by its program's name: `python3.11` is Python.
fn known(program: &OsStr) -> Option<(&'static str, &'static str, OsString)> {
    let name = Path::new(program).file_name()?.to_str()?;
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (runtime, argument) = RUNTIMES.iter().find(|(runtime, _)| *runtime == plain)?;
    Some((runtime, argument, program.to_owned()))
}

/// What a script's first line names: `#!/usr/bin/env python3`.
fn interpreter(program: &OsStr) -> Option<OsString> {
    let mut first = [0; 256];
    let read = std::fs::File::open(path_of(program)?).ok()?.read(&mut first).ok()?;
    let line = String::from_utf8_lossy(&first[..read]);
    let mut words = line.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let named = words.next()?;
    let named = if named.ends_with("/env") { words.find(|word| !word.starts_with('-'))? } else { named };
    Some(named.into())
}

/// Where the program is: as given, else in PATH.
pub(super) fn path_of(program: &OsStr) -> Option<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file() && access(file, Access::EXEC_OK).is_ok())
}

/// What a program prints on either stream, if it does so soon and succeeds.
fn ask(program: &OsStr, arguments: &[&str]) -> Option<String> {
    let until = Instant::now() + PATIENCE;
    let (mut reader, writer) = std::io::pipe().ok()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(writer.try_clone().ok()?).stderr(writer);
    let mut child = command.spawn().ok()?;
    drop(command);
    let mut answer = Vec::new();
    let ended = loop {
        let Ok(left) = Timespec::try_from(until.saturating_duration_since(Instant::now())) else { break false };
        if !matches!(poll(&mut [PollFd::new(&reader, PollFlags::IN)], Some(&left)), Ok(1..)) {
            break false;
        }
        let mut some = [0; 1024];
        let read = reader.read(&mut some).unwrap_or(0);
        answer.extend_from_slice(&some[..read]);
        if read == 0 || answer.len() > ANSWER {
            break true;
        }
    };
    if !ended {
        let _gone = child.kill();
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    (ended && succeeded).then(|| String::from_utf8_lossy(&answer).into_owned())
}
