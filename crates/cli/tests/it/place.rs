//! A directory of its own for a store, and the processes that run over it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use autoheal_test_support::service::{Connection, Request, Response, exchange};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a test waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary, with nothing of the environment around the test: no token, no `gh`, no variable.
pub(crate) fn autoheal() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autoheal"));
    command.env_clear().env("PATH", "/nonexistent").env("AUTOHEAL_LOG", "warn").kill_on_drop(true);
    command
}

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    /// Added to every `serve` that is started here.
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

    /// The command, not started yet; it listens on a free port.
    pub(crate) fn command(&self) -> Command {
        let mut command = autoheal();
        command.arg("serve").args(["--listen", "127.0.0.1:0", "--rate-limit", "0"]).arg("--store").arg(self.store());
        command.args(&self.arguments).envs(self.variables.iter().cloned());
        command
    }

    /// Starts it; it listens when this returns.
    pub(crate) async fn serve(&self) -> Serve {
        self.serve_with(self.command()).await
    }

    /// Starts this command of `serve` instead.
    pub(crate) async fn serve_with(&self, mut command: Command) -> Serve {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
        let first = first.expect("it says where it listens; if not, its log says why");
        let address = first.strip_prefix("listening on http://").unwrap().parse().unwrap();
        Serve { child, address }
    }
}

/// A test that fails shows what the services it started had to say.
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

    /// How many occurrences are counted in all.
    pub(crate) async fn count(&self) -> u64 {
        self.groups().await.iter().map(|group| group["count"].as_u64().unwrap()).sum()
    }

    /// `kill -9`; it is gone when this returns.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends SIGTERM.
    pub(crate) async fn ask_to_end(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    }

    /// SIGTERM, and how it ended.
    pub(crate) async fn terminate(self) -> ExitStatus {
        self.ask_to_end().await;
        self.end().await
    }

    /// How it ended.
    pub(crate) async fn end(mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("SIGTERM ends it").unwrap()
    }
}

/// The seed of a randomised test: `SEED=…`, else a new one; printed either way.
pub(crate) fn random() -> fastrand::Rng {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
