//! `cargo xtask lint`: formatting, clippy, documentation without warnings, licences.

use anyhow::Result;

use crate::command::{cargo, is_installed, step};

/// Runs every check that does not execute the code.
pub(crate) fn run() -> Result<()> {
    step("rustfmt", &mut cargo(&["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    step("clippy", &mut cargo(&clippy))?;
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    step("documentation", documentation.env("RUSTDOCFLAGS", "--deny warnings"))?;
    if is_installed("cargo-deny", "--version") {
        step("cargo deny", &mut cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
    } else {
        eprintln!("    cargo deny: skipped, because it is not installed (cargo install cargo-deny)");
    }
    Ok(())
}
