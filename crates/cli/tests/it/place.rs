//! `Place`: a temporary directory with a store, and the processes that use it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use autoheal_test_support::service::{Connection, Request, Response, exchange};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Timeout of each wait in a test.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The binary with an empty environment: no token, no `gh`, no variable of the developer's.
pub(crate) fn autoheal() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autoheal"));
    command.env_clear().env("PATH", "/nonexistent").env("AUTOHEAL_LOG", "warn").kill_on_drop(true);
    // without a variable, it would be the directory of the developer's entry in the passwd database
    command.env("HOME", "/dev/null");
    command
}

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    /// Arguments of each `serve` that is started here.
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Place { directory: tempfile::tempdir().unwrap(), arguments: Vec::new(), variables: Vec::new() }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// The log of the services so far.
    pub(crate) fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap()
    }

    /// The command of a `serve` on a free port.
    pub(crate) fn command(&self) -> Command {
        let mut command = autoheal();
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--rate-limit", "0"]).arg("--store").arg(self.store());
        command.args(&self.arguments).envs(self.variables.iter().cloned());
        command
    }

    /// Starts `serve` and waits until it listens.
    pub(crate) async fn serve(&self) -> Serve {
        self.serve_with(self.command()).await
    }

    /// As `serve`, with another command.
    pub(crate) async fn serve_with(&self, mut command: Command) -> Serve {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(TIMEOUT, lines.next_line()).await.unwrap().unwrap();
        let first = first.expect("the first line is the address; if it is missing, see the log");
        let address = first.strip_prefix("listening on http://").unwrap().parse().unwrap();
        Serve { child, address }
    }
}

/// Prints the services' logs if the test fails.
impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", std::fs::read_to_string(self.log()).unwrap_or_default());
        }
    }
}

/// A running `autoheal serve`. Dropping it kills it.
pub(crate) struct Serve {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Serve {
    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        exchange(self.address, &Request::get(path)).await
    }

    pub(crate) async fn report(&self, body: &Value) -> Response {
        exchange(self.address, &Request::report(body.to_string())).await
    }

    /// The groups of the default project.
    pub(crate) async fn groups(&self) -> Vec<Value> {
        self.get("/api/groups").await.json()["groups"].as_array().unwrap().clone()
    }

    /// Number of occurrences in all groups.
    pub(crate) async fn count(&self) -> u64 {
        self.groups().await.iter().map(|group| group["count"].as_u64().unwrap()).sum()
    }

    /// `kill -9`, and waits for the end.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends SIGTERM.
    pub(crate) async fn send_sigterm(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }

    /// Sends SIGTERM and waits for the exit status.
    pub(crate) async fn terminate(self) -> ExitStatus {
        self.send_sigterm().await;
        self.end().await
    }

    /// Waits for the exit status.
    pub(crate) async fn end(mut self) -> ExitStatus {
        tokio::time::timeout(TIMEOUT, self.child.wait()).await.expect("SIGTERM ends it").unwrap()
    }
}

/// A random generator with the seed in `SEED`, else with a new one. Prints the seed.
pub(crate) fn random() -> fastrand::Rng {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
