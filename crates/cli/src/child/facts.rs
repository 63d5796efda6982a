//! The directory, commit and runtime of a command. Collected only after a failure.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use autoheal_contract::Json;
use autoheal_deliver::Repository;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, access};
use rustix::io::Errno;

/// Timeout of a program that is run for its output, such as git.
const TIMEOUT: Duration = Duration::from_millis(1_200);
/// Maximum length of a program's output that is read, in bytes.
const MAX_OUTPUT_BYTES: usize = 4096;
/// Runtimes, each with the argument that prints its version.
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

/// The directory and commit in which a command ran.
pub(crate) struct Place {
    /// Path relative to the repository's top, else absolute; empty if the directory no longer exists.
    pub(crate) directory: String,
    pub(crate) commit: Option<String>,
    /// `owner/name` of each remote of the repository.
    repositories: Vec<String>,
}

impl Place {
    /// A place that is not known.
    pub(crate) fn unknown() -> Self {
        Self { directory: String::new(), commit: None, repositories: Vec::new() }
    }
}

impl Place {
    /// The current directory and commit, from the repository's files, or from git if they cannot be read.
    pub(crate) fn here() -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let names_other = std::env::var_os("GIT_DIR").is_some();
        let found = if names_other { None } else { Repository::around(&here) };
        let may_ask = names_other || Repository::needs_git(&here);
        let (directory, commit, repositories) = match found {
            Some(Repository { top, commit, remotes, .. }) => {
                (here.strip_prefix(top).ok().map(Path::to_owned), Some(commit), remotes)
            }
            None => match may_ask.then(from_git).flatten() {
                Some((directory, commit)) => (Some(directory), Some(commit), Vec::new()),
                None => (None, None, Vec::new()),
            },
        };
        let directory = match directory {
            Some(within) if within.as_os_str().is_empty() => ".".to_owned(),
            Some(within) => within.to_string_lossy().into_owned(),
            None => here.to_string_lossy().into_owned(),
        };
        Self { directory, commit, repositories }
    }

    /// The repositories for a report's `system`; none if there is no remote.
    pub(crate) fn repositories(&self) -> Option<Json> {
        let repositories = self.repositories.iter().cloned().map(Json::Text).collect();
        (!self.repositories.is_empty()).then_some(Json::Array(repositories))
    }
}

/// Directory and commit, as git prints them.
fn from_git() -> Option<(PathBuf, String)> {
    let output = query(OsStr::new("git"), &["rev-parse", "--show-prefix", "HEAD"])?;
    let mut lines = output.lines();
    let (prefix, commit) = (lines.next()?, lines.next()?);
    let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| (prefix.trim_end_matches('/').into(), commit.to_owned()))
}

/// The version of the runtime, such as `Python 3.11.7`, if the program is a runtime or a script for one.
pub(crate) fn runtime(program: &OsStr) -> Option<String> {
    let (name, argument, interpreter) = known(program).or_else(|| known(&interpreter(program)?))?;
    let output = query(&interpreter, &[argument])?;
    let version = output.lines().find(|line| !line.trim().is_empty())?.trim();
    // `v20.20.2` does not name its program
    let has_name = version.to_lowercase().contains(name) || version.contains("JDK");
    Some(if has_name { version.to_owned() } else { format!("{name} {version}") })
}

/// A known runtime by its program's name: `python3.11` is Python.
fn known(program: &OsStr) -> Option<(&'static str, &'static str, OsString)> {
    let name = Path::new(program).file_name()?.to_str()?;
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (runtime, argument) = RUNTIMES.iter().find(|(runtime, _)| *runtime == plain)?;
    Some((runtime, argument, program.to_owned()))
}

/// The interpreter that a script's first line names, as in `#!/usr/bin/env python3`.
fn interpreter(program: &OsStr) -> Option<OsString> {
    let mut first = [0; 256];
    let read = std::fs::File::open(path_of(program)?).ok()?.read(&mut first).ok()?;
    let line = String::from_utf8_lossy(&first[..read]);
    let mut words = line.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let named = words.next()?;
    let named = if named.ends_with("/env") { words.find(|word| !word.starts_with('-'))? } else { named };
    Some(named.into())
}

/// The program's file: the path itself, else the first match in PATH.
pub(super) fn path_of(program: &OsStr) -> Option<PathBuf> {
    if program.as_encoded_bytes().contains(&b'/') {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file() && access(file, Access::EXEC_OK).is_ok())
}

/// Output of a program on both streams, if it succeeds within [`TIMEOUT`].
fn query(program: &OsStr, arguments: &[&str]) -> Option<String> {
    let until = Instant::now() + TIMEOUT;
    let (mut reader, writer) = std::io::pipe().ok()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(writer.try_clone().ok()?).stderr(writer);
    let mut child = command.spawn().ok()?;
    drop(command);
    let mut output = Vec::new();
    let ended = loop {
        let Ok(remaining) = Timespec::try_from(until.saturating_duration_since(Instant::now())) else { break false };
        match poll(&mut [PollFd::new(&reader, PollFlags::IN)], Some(&remaining)) {
            Ok(1..) => {}
            // a signal, such as that of the end of another child
            Err(Errno::INTR) => continue,
            Ok(0) | Err(_) => break false,
        }
        let mut buffer = [0; 1024];
        let read = match reader.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.unwrap_or(0),
        };
        output.extend_from_slice(&buffer[..read]);
        if read == 0 || output.len() > MAX_OUTPUT_BYTES {
            break true;
        }
    };
    if !ended {
        let _gone = child.kill();
    }
    let succeeded = child.wait().is_ok_and(|status| status.success());
    (ended && succeeded).then(|| String::from_utf8_lossy(&output).into_owned())
}
