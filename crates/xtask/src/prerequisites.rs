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

/// A program the tests start.
struct Program {
    /// What people call it.
    name: &'static str,
    /// The variable that names another file.
    variable: &'static str,
    /// Where it is, on the systems people have.
    places: &'static [&'static str],
    /// The package Debian has it in.
    package: &'static str,
}

const CHROMIUM: Program = Program {
    name: "Chromium",
    variable: "CHROMIUM",
    places: &[
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/opt/google/chrome/chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    package: "chromium",
};

const FIREFOX: Program = Program {
    name: "Firefox",
    variable: "FIREFOX",
    places: &["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
    package: "firefox-esr",
};

const WEBKIT_DRIVER: Program = Program {
    name: "WebKitGTK's driver",
    variable: "WEBKIT_DRIVER",
    places: &["/usr/bin/WebKitWebDriver"],
    package: "webkit2gtk-driver",
};

const WEBKIT_BROWSER: Program = Program {
    name: "WebKitGTK's MiniBrowser",
    variable: "WEBKIT_BROWSER",
    places: &[
        "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/webkit2gtk-4.1/MiniBrowser",
    ],
    package: "webkit2gtk-driver",
};

/// WebKitGTK has no headless mode and gets a screen that nobody sees.
const XVFB: Program = Program { name: "Xvfb", variable: "XVFB", places: &["/usr/bin/Xvfb"], package: "xvfb" };

/// Finds Chromium, or installs it where we may.
pub(crate) fn chromium() -> Result<PathBuf> {
    install_missing(&[CHROMIUM])?;
    CHROMIUM.find()
}

/// Finds the programs of all three engines, each by the variable its tests look at, or installs them where we may.
pub(crate) fn engines() -> Result<Vec<(&'static str, PathBuf)>> {
    let programs = [CHROMIUM, FIREFOX, WEBKIT_DRIVER, WEBKIT_BROWSER, XVFB];
    install_missing(&programs)?;
    programs.iter().map(|program| Ok((program.variable, program.find()?))).collect()
}

/// Finds a Python that can make virtual environments, or installs it where we may.
pub(crate) fn python() -> Result<()> {
    let named = std::env::var("PYTHON").ok();
    let program = named.as_deref().unwrap_or("python3");
    let works = || {
        let script = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
        Command::new(program).args(["-c", script]).output().is_ok_and(|output| output.status.success())
    };
    if !works() && named.is_none() && is_root() && answers("apt-get", "--version") {
        apt_get_install(&["python3", "python3-venv"])?;
    }
    if works() {
        return Ok(());
    }
    bail!(
        "the tests with real MCP servers need Python 3.10 or newer with venv, and {program} is none: install it \
         (Debian: apt-get install python3 python3-venv), or name one in PYTHON"
    )
}

impl Program {
    /// The file, or the sentence that says how to come by it.
    fn find(&self) -> Result<PathBuf> {
        let Self { name, variable, package, .. } = self;
        if let Some(named) = std::env::var_os(variable) {
            let path = PathBuf::from(named);
            return if path.is_file() { Ok(path) } else { bail!("{variable}: {} is no file", path.display()) };
        }
        let installed = self.places.iter().map(Path::new).find(|path| path.is_file());
        installed.map(PathBuf::from).with_context(|| {
            format!(
                "the browser tests need {name}: install it (Debian: apt-get install {package}), or name it in {variable}"
            )
        })
    }
}

/// Installs what cannot be found, all at once; does nothing where we may not. A variable that names no file is for people
/// to correct.
fn install_missing(programs: &[Program]) -> Result<()> {
    let missing = programs.iter().filter(|program| std::env::var_os(program.variable).is_none());
    let mut missing = missing.filter_map(|program| program.find().err().map(|remedy| (program.package, remedy)));
    let Some((package, remedy)) = missing.next() else { return Ok(()) };
    let mut packages = vec![package];
    packages.extend(missing.map(|(package, _)| package));
    packages.dedup();
    if !is_root() || !answers("apt-get", "--version") {
        return Err(remedy);
    }
    apt_get_install(&packages).context(remedy.to_string())
}

fn apt_get_install(packages: &[&str]) -> Result<()> {
    step("apt-get update", Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    step(&format!("apt-get install {}", packages.join(" ")), &mut install)
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
