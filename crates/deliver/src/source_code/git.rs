//! One run of git in bounded time, by which it changes nothing, starts no other program and fetches nothing.

use std::io::{ErrorKind, PipeReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

/// Settings and options against the programs that the checkout's configuration may name.
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
/// Maximum length of the input, in bytes. A pipe takes as much without a reader.
const MAX_INPUT_BYTES: usize = 60 * 1024;

/// A running git.
pub(super) struct Git {
    /// None once it is ended.
    child: Option<Child>,
    output: PipeReader,
}

impl Git {
    /// Starts git in a directory, with this input.
    pub(super) fn start(directory: &Path, words: &[&str], input: &str) -> Option<Self> {
        if input.len() > MAX_INPUT_BYTES {
            return None;
        }
        let (own_input, mut writer) = std::io::pipe().ok()?;
        let (output, own_output) = std::io::pipe().ok()?;
        writer.write_all(input.as_bytes()).ok()?;
        drop(writer);
        let mut command = Command::new("git");
        // a process group of its own, so that programs which git starts end with it
        command.args(QUIET).args(words).current_dir(directory).process_group(0);
        command.stdin(own_input).stdout(own_output).stderr(Stdio::null());
        // variables of git may name other files, and let git write traces
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_REPLACE_OBJECTS", "1");
        // in a partial clone, git fetches what it lacks; older versions know only the second variable
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
        Some(Self { child: Some(command.spawn().ok()?), output })
    }

    /// The whole output; none if it is too long or does not end in time. Empty if git fails.
    pub(super) fn output(mut self, max_bytes: usize, until: Instant) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            let remaining = Timespec::try_from(until.checked_duration_since(Instant::now())?).ok()?;
            match poll(&mut [PollFd::new(&self.output, PollFlags::IN)], Some(&remaining)) {
                Ok(0) => return None,
                Ok(_) => {}
                // a signal, such as that of the end of another child
                Err(Errno::INTR) => continue,
                Err(_) => return None,
            }
            match self.output.read(&mut buffer) {
                Ok(0) => return Some(bytes),
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return None,
            }
            if bytes.len() > max_bytes {
                return None;
            }
        }
    }
}

impl Drop for Git {
    /// Ends git if it still runs, and waits for its end on a thread of its own, because that may take longer than there
    /// is time.
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _gone = kill_process_group(group, Signal::KILL);
        }
        let wait = move || {
            let _ended = child.wait();
        };
        let _no_thread = std::thread::Builder::new().name("git".to_owned()).spawn(wait);
    }
}
