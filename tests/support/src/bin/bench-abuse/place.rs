//! `Place`: a directory of one measurement, and the service that is started in it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use autoheal_test_support::StandIn;
use autoheal_test_support::server_process::ServerProcess;

use crate::Options;

/// A sender key, which makes reports those of the operator.
pub(crate) const SENDER_KEY: &str = "made-up-sender-key-of-the-operator";
/// Bytes of the service's log that are shown after a failure.
const SHOWN_LOG_BYTES: usize = 4_000;

/// A directory of its own. Dropping it deletes the directory.
pub(crate) struct Place {
    service: PathBuf,
    directory: PathBuf,
}

impl Place {
    /// Makes an empty directory.
    pub(crate) fn new(options: &Options, name: &str) -> Result<Self> {
        let directory = options.directory.join(name);
        let place = Self { service: options.service.clone(), directory };
        place.empty()?;
        Ok(place)
    }

    /// Deletes the files of earlier services.
    pub(crate) fn empty(&self) -> Result<()> {
        if self.directory.exists() {
            std::fs::remove_dir_all(&self.directory)?;
        }
        std::fs::create_dir_all(&self.directory)
            .with_context(|| format!("cannot make the directory {}", self.directory.display()))
    }

    /// Path of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.directory.join("store.db")
    }

    /// Size of the store's file, in MiB.
    pub(crate) fn store_mib(&self) -> f64 {
        file_mib(&self.store())
    }

    /// Size of the store's file and its log, in MiB.
    pub(crate) fn total_mib(&self) -> f64 {
        self.store_mib() + file_mib(&self.directory.join("store.db-wal"))
    }

    /// Command of a service with default settings, an environment of its own, and a sender key.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.service);
        command.env_clear().env("PATH", "/nonexistent").env("HOME", &self.directory);
        command.env("XDG_DATA_HOME", &self.directory).env("AUTOHEAL_LOG", "warn").env("AUTOHEAL_KEY", SENDER_KEY);
        command.args(["serve", "--listen", "127.0.0.1:0", "--store"]).arg(self.store());
        command
    }

    /// Command of a service that opens issues on a stand-in for GitHub.
    pub(crate) fn command_with_issues(&self, github: &StandIn) -> Command {
        let mut command = self.command();
        command.args(["--issue", "--repo", github.repository(), "--github-url", github.url()]);
        command.env("GITHUB_TOKEN", github.token());
        command
    }

    /// Starts the service.
    pub(crate) fn start(&self, mut command: Command) -> Result<Service> {
        let log = File::options().create(true).append(true).open(self.directory.join("log"))?;
        let process = ServerProcess::start(command.stderr(log))?;
        let address = process.address.parse().context("the service's address is no address")?;
        Ok(Service { process, address })
    }

    /// The end of the service's log.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(SHOWN_LOG_BYTES)..]).into_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _already_deleted = std::fs::remove_dir_all(&self.directory);
    }
}

/// A running service. Dropping it kills it.
pub(crate) struct Service {
    pub(crate) process: ServerProcess,
    pub(crate) address: SocketAddr,
}

/// Size of a file in MiB; 0 if it is absent.
fn file_mib(path: &Path) -> f64 {
    path.metadata().map_or(0.0, |file| file.len() as f64 / (1 << 20) as f64)
}
