//! Running other programs: each step says what it does, how long it took, and what to do when it fails.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// `cargo`, the one that runs us, in the repository's top folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::root());
    command
}

/// Runs one step, with its output shown.
pub(crate) fn step(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("==> {what}");
    let started = Instant::now();
    let status = command.status().with_context(|| format!("{what}: {} does not run", program(command)))?;
    if !status.success() {
        bail!("{what}: failed ({} ended with {status})", program(command));
    }
    eprintln!("    {what}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Whether a program is there and answers.
pub(crate) fn answers(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
