//! The processes of the demo and the browser tests: the stand-in for GitHub, the example MCP server, and the service.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, step};
use crate::{root, target_directory};

/// A made-up token, the only one that the stand-in accepts.
const TOKEN: &str = "made-up-token-of-the-stand-in";
/// The repository that the stand-in serves.
const REPOSITORY: &str = "acme/shop";

/// The running processes. Dropping this ends them.
pub(crate) struct Stack {
    /// URL of the service.
    pub(crate) service: String,
    /// URL of the stand-in for GitHub.
    pub(crate) github: String,
    children: Vec<Child>,
}

/// Paths of the binaries.
pub(crate) struct Binaries {
    /// The service.
    pub(crate) autoheal: PathBuf,
    /// The stand-in for GitHub.
    stand_in: PathBuf,
    /// The ingest benchmark.
    pub(crate) bench: PathBuf,
    /// The capture benchmark.
    pub(crate) bench_capture: PathBuf,
    /// The abuse benchmark.
    pub(crate) bench_abuse: PathBuf,
    /// The grouping benchmark.
    pub(crate) bench_grouping: PathBuf,
    /// An MCP server in Rust whose tools fail.
    pub(crate) rmcp_server: PathBuf,
}

/// Builds the binaries in a profile.
///
/// The dev profile builds the whole workspace, as `cargo test` does, although three packages are enough: with fewer
/// packages, cargo would choose other features for shared dependencies and compile half of them again.
pub(crate) fn build_binaries(profile: &str) -> Result<Binaries> {
    let packages: &[&str] = if profile == "dev" {
        &["--workspace"]
    } else {
        &["--package", "autoheal", "--package", "autoheal-test-support", "--package", "autoheal-examples"]
    };
    let mut build = cargo(&["build", "--bins", "--profile", profile]);
    step("building the binaries", build.args(packages))?;
    Ok(built_binaries(profile))
}

/// The binaries of a profile that are built already, for example by `cargo test`.
pub(crate) fn built_binaries(profile: &str) -> Binaries {
    let directory = target_directory().join(if profile == "dev" { "debug" } else { profile });
    Binaries {
        autoheal: directory.join("autoheal"),
        stand_in: directory.join("github-stand-in"),
        bench: directory.join("bench-ingest"),
        bench_capture: directory.join("bench-capture"),
        bench_abuse: directory.join("bench-abuse"),
        bench_grouping: directory.join("bench-grouping"),
        rmcp_server: directory.join("faulty-mcp-server"),
    }
}

impl Stack {
    /// Starts all processes with an empty store; `listen` is the service's address.
    pub(crate) fn start(binaries: &Binaries, listen: &str) -> Result<Self> {
        let directory = target_directory().join("demo");
        if directory.exists() {
            std::fs::remove_dir_all(&directory).with_context(|| format!("cannot empty {}", directory.display()))?;
        }
        let app = assemble_app(&directory)?;
        let mut stack = Self { service: String::new(), github: String::new(), children: Vec::new() };

        let mut stand_in = Command::new(&binaries.stand_in);
        stand_in.args(["--listen", "127.0.0.1:0", "--repository", REPOSITORY, "--token", TOKEN]);
        stack.github = stack.spawn("the stand-in for GitHub", &mut stand_in)?;

        let mut shop = Command::new("node");
        shop.arg(root().join("examples/shop-server.mjs")).env("PORT", "0");
        let shop = stack.spawn("the example MCP server", &mut shop)?;

        let mut service = Command::new(&binaries.autoheal);
        service
            .args(["--log", "warn", "serve", "--listen", listen, "--issue", "--pr", "--heal", "--repo", REPOSITORY])
            .args(["--poll-interval", "1s", "--github-url", &stack.github, "--upstream", &shop])
            // the failures of one page are near-duplicates, and each of them has an issue of its own here
            .args(["--related-groups", "0", "--digest-groups", "0"])
            .arg("--static")
            .arg(app)
            .arg("--store")
            .arg(directory.join("store.db"))
            .env("GITHUB_TOKEN", TOKEN);
        stack.service = stack.spawn("autoheal serve", &mut service)?;
        Ok(stack)
    }

    /// Starts a program whose first line is `listening on URL …`, and returns the URL.
    fn spawn(&mut self, name: &str, command: &mut Command) -> Result<String> {
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{name} does not start"))?;
        let output = child.stdout.take().context("stdout is piped")?;
        self.children.push(child);
        let mut lines = BufReader::new(output).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let Some(url) = first.split_whitespace().find(|word| word.starts_with("http://")) else {
            bail!("{name} printed `{first}` instead of the URL it listens on");
        };
        // Read and discard the rest, so that the program never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(url.to_owned())
    }

    /// Waits until the service ends, which is always an error: it runs until it is stopped.
    pub(crate) fn wait(&mut self) -> Result<()> {
        match self.children.last_mut() {
            Some(child) => bail!("autoheal serve ended with {}", child.wait()?),
            None => Ok(()),
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            // Both fail when the process has ended already.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// Copies the demo page and the built package into one directory, and returns it.
fn assemble_app(directory: &Path) -> Result<PathBuf> {
    let app = directory.join("app");
    std::fs::create_dir_all(&app).with_context(|| format!("cannot make {}", app.display()))?;
    let page = root().join("examples/demo.html");
    for (from, to) in [
        (page.clone(), "index.html"),
        (page, "demo.html"),
        (root().join("npm/dist/mcp-autoheal.js"), "mcp-autoheal.js"),
        (root().join("npm/dist/mcp-autoheal_bg.wasm"), "mcp-autoheal_bg.wasm"),
    ] {
        std::fs::copy(&from, app.join(to)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(app)
}
