//! Node, Python and the browsers that the build and the tests need. Missing browsers and Python are installed with
//! apt-get where possible; otherwise the error says what to install.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{is_installed, step};

/// Oldest supported major version of Node.
const MIN_NODE_VERSION: u32 = 20;

/// Fails with advice on what to install when Node is missing or too old.
pub(crate) fn require_node() -> Result<()> {
    let advice = "Node 20 or newer is needed: install it from https://nodejs.org";
    let output = Command::new("node").arg("--version").output().context(advice)?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < MIN_NODE_VERSION) {
        bail!("{advice} (found {version})");
    }
    Ok(())
}

/// A program that the tests start.
struct Program {
    /// Display name.
    name: &'static str,
    /// Environment variable that holds its path; it takes precedence over `paths`.
    variable: &'static str,
    /// Usual paths on Linux and macOS.
    paths: &'static [&'static str],
    /// Debian package that contains it.
    package: &'static str,
}

const CHROMIUM: Program = Program {
    name: "Chromium",
    variable: "CHROMIUM",
    paths: &[
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
    paths: &["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
    package: "firefox-esr",
};

const WEBKIT_DRIVER: Program = Program {
    name: "WebKitGTK's driver",
    variable: "WEBKIT_DRIVER",
    paths: &["/usr/bin/WebKitWebDriver"],
    package: "webkit2gtk-driver",
};

const WEBKIT_BROWSER: Program = Program {
    name: "WebKitGTK's MiniBrowser",
    variable: "WEBKIT_BROWSER",
    paths: &[
        "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
        "/usr/lib/webkit2gtk-4.1/MiniBrowser",
    ],
    package: "webkit2gtk-driver",
};

/// A virtual screen, because WebKitGTK has no headless mode.
const XVFB: Program = Program { name: "Xvfb", variable: "XVFB", paths: &["/usr/bin/Xvfb"], package: "xvfb" };

/// Path of Chromium, which is installed first if it is missing.
pub(crate) fn chromium() -> Result<PathBuf> {
    install_missing(&[CHROMIUM])?;
    CHROMIUM.find()
}

/// Paths of the programs of all three engines, by the environment variables that the tests read. Missing ones are
/// installed first.
pub(crate) fn engines() -> Result<Vec<(&'static str, PathBuf)>> {
    let programs = [CHROMIUM, FIREFOX, WEBKIT_DRIVER, WEBKIT_BROWSER, XVFB];
    install_missing(&programs)?;
    programs.iter().map(|program| Ok((program.variable, program.find()?))).collect()
}

/// Checks for a Python that can make virtual environments, and installs it if it is missing.
pub(crate) fn python() -> Result<()> {
    let configured = std::env::var("PYTHON").ok();
    let program = configured.as_deref().unwrap_or("python3");
    let works = || {
        let script = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
        Command::new(program).args(["-c", script]).output().is_ok_and(|output| output.status.success())
    };
    if !works() && configured.is_none() && can_install() {
        apt_get_install(&["python3", "python3-venv"])?;
    }
    if works() {
        return Ok(());
    }
    bail!(
        "the tests with real MCP servers need Python 3.11 or newer with venv, but {program} is not: install it \
         (Debian: apt-get install python3 python3-venv), or set PYTHON to its path"
    )
}

impl Program {
    /// Path of the program. The error says how to install it.
    fn find(&self) -> Result<PathBuf> {
        let Self { name, variable, package, .. } = self;
        if let Some(configured) = std::env::var_os(variable) {
            let path = PathBuf::from(configured);
            return if path.is_file() { Ok(path) } else { bail!("{variable}: {} is not a file", path.display()) };
        }
        let installed = self.paths.iter().map(Path::new).find(|path| path.is_file());
        installed.map(PathBuf::from).with_context(|| {
            format!(
                "the browser tests need {name}: install it (Debian: apt-get install {package}), or set {variable} to its \
                 path"
            )
        })
    }
}

/// Installs all missing programs at once. A program whose environment variable is set counts as present: the user has
/// to correct a wrong path.
fn install_missing(programs: &[Program]) -> Result<()> {
    let missing = programs.iter().filter(|program| std::env::var_os(program.variable).is_none());
    let mut missing = missing.filter_map(|program| program.find().err().map(|error| (program.package, error)));
    let Some((package, error)) = missing.next() else { return Ok(()) };
    let mut packages = vec![package];
    packages.extend(missing.map(|(package, _)| package));
    packages.dedup();
    if !can_install() {
        return Err(error);
    }
    apt_get_install(&packages).context(error.to_string())
}

fn apt_get_install(packages: &[&str]) -> Result<()> {
    step("apt-get update", Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    step(&format!("apt-get install {}", packages.join(" ")), &mut install)
}

/// True if `apt-get` exists and this process may use it.
fn can_install() -> bool {
    is_root() && is_installed("apt-get", "--version")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
