//! `cargo xtask lint`: formatting, clippy, documentation without warnings, licences.

use anyhow::Result;

use crate::command::{answers, cargo, step};

/// Everything that reads the code without running it.
pub(crate) fn run() -> Result<()> {
    step("rustfmt", &mut cargo(&["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    step("clippy", &mut cargo(&clippy))?;
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    step("documentation", documentation.env("RUSTDOCFLAGS", "--deny warnings"))?;
    if answers("cargo-deny", "--version") {
        step("cargo deny", &mut cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
    } else {
        eprintln!("    cargo deny: not installed, left out (cargo install cargo-deny)");
    }
    Ok(())
}
