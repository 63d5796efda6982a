//! The measure of all things: two threads that read and write, and nothing else.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio, exit};

use anyhow::{Context, Result};

/// Runs a command behind plain pipes, with as much room in them as others have.
pub(crate) fn relay(words: &[&str]) -> Result<()> {
    let (program, arguments) = words.split_first().context("relay what?")?;
    let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (input, output) = child.stdin.take().zip(child.stdout.take()).context("they were asked for")?;
    // as files, so that nothing is looked for or held back in what passes
    let own = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().map(std::fs::File::from);
    use std::os::fd::AsFd;
    let (stdin, stdout) = (own(io::stdin().as_fd())?, own(io::stdout().as_fd())?);
    std::thread::spawn(move || pass_on(stdin, input));
    pass_on(output, stdout);
    exit(child.wait()?.code().unwrap_or(1));
}

fn pass_on(mut from: impl Read, mut to: impl Write) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
