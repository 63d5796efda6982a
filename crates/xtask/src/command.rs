//! Running other programs: a step prints its name and duration, and a failure names the program that failed.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The `cargo` that started this program, with these arguments, in the repository's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::root());
    command
}

/// Runs one step, with its output shown, and prints its name and duration.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<()> {
    eprintln!("==> {name}");
    let started = Instant::now();
    run(command, &format!("{name} failed"))?;
    eprintln!("    {name}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs a program. `failure` is the error message if the program does not start or does not succeed.
pub(crate) fn run(command: &mut Command, failure: &str) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{failure} ({program} does not start)"))?;
    if !status.success() {
        bail!("{failure} ({program} ended with {status})");
    }
    Ok(())
}

/// True if a program is installed: it runs with this argument and succeeds.
pub(crate) fn is_installed(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}
