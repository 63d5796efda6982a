//! What the tests need besides Rust and Node: found, or installed by the ordinary package manager, or named.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{answers, step};

/// Oldest Node that works.
const NODE: u32 = 20;

/// Says what to install when Node is missing or too old.
pub(crate) fn require_node() -> Result<()> {
    let remedy = "Node 20 or newer is needed: install it from https://nodejs.org";
    let output = Command::new("node").arg("--version").output().context(remedy)?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("{remedy} (found {version})");
    }
    Ok(())
}

/// Where browsers are, on the systems people have.
const CHROMIUM: [&str; 6] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Finds Chromium, or installs it where we may.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        let path = PathBuf::from(named);
        return if path.is_file() { Ok(path) } else { bail!("CHROMIUM: {} is no file", path.display()) };
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    let remedy =
        "the browser tests need Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM";
    if is_root() && answers("apt-get", "--version") {
        step("apt-get update", Command::new("apt-get").args(["update", "-qq"])).context(remedy)?;
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "-qq", "--no-install-recommends", "chromium"]);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        step("apt-get install chromium", &mut install).context(remedy)?;
    }
    installed().context(remedy)
}

fn installed() -> Option<PathBuf> {
    CHROMIUM.iter().map(Path::new).find(|path| path.is_file()).map(PathBuf::from)
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
