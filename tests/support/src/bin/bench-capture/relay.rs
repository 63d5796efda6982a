//! The bare relay that `autoheal mcp` is compared with: two threads that copy bytes.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio, exit};

use anyhow::{Context, Result};

/// Runs a command behind pipes of the default capacity.
pub(crate) fn relay(command: &[&str]) -> Result<()> {
    let (program, arguments) = command.split_first().context("relay needs a command")?;
    let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (input, output) = child.stdin.take().zip(child.stdout.take()).context("stdin and stdout are piped")?;
    // files instead of std's buffered handles, which would search for line ends and delay bytes
    let as_file = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().map(std::fs::File::from);
    use std::os::fd::AsFd;
    let (stdin, stdout) = (as_file(io::stdin().as_fd())?, as_file(io::stdout().as_fd())?);
    std::thread::spawn(move || copy(stdin, input));
    copy(output, stdout);
    exit(child.wait()?.code().unwrap_or(1));
}

fn copy(mut from: impl Read, mut to: impl Write) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
