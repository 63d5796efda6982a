//! `Wrapped`: `autoheal run` and `mcp` with a store of their own, and the samples recorded there.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::place::{Place, Serve};

/// A place with the variables that `run` and `serve` share.
pub(crate) struct Wrapped {
    pub(crate) place: Place,
}

impl Wrapped {
    pub(crate) fn new() -> Self {
        let mut place = Place::new();
        let data = place.directory.path().join("data");
        place.variables = vec![
            ("XDG_DATA_HOME".to_owned(), data.to_str().unwrap().to_owned()),
            ("AUTOHEAL_SPOOL_INTERVAL".to_owned(), "50ms".to_owned()),
        ];
        Self { place }
    }

    /// The directory the commands run in.
    pub(crate) fn path(&self) -> &Path {
        self.place.directory.path()
    }

    pub(crate) fn spool(&self) -> PathBuf {
        self.path().join("data/autoheal/spool")
    }

    /// Number of reports in the spool.
    pub(crate) fn spooled(&self) -> usize {
        let files = std::fs::read_dir(self.spool()).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension() == Some(OsStr::new("json"))).count()
    }

    /// Writes a file into the directory.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `autoheal run` with these options, before `--`.
    pub(crate) fn run(&self, options: &[&str], command: &[&str]) -> Command {
        self.wrap("run", options, command)
    }

    /// `autoheal mcp` with these options, before `--`.
    pub(crate) fn mcp(&self, options: &[&str], command: &[&str]) -> Command {
        self.wrap("mcp", options, command)
    }

    fn wrap(&self, wrapper: &str, options: &[&str], command: &[&str]) -> Command {
        let mut wrap = Command::new(env!("CARGO_BIN_EXE_autoheal"));
        wrap.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("AUTOHEAL_STORE", self.place.store());
        // the proxies of rustup find their toolchain by these variables
        wrap.envs(
            ["HOME", "RUSTUP_HOME", "CARGO_HOME"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))),
        );
        wrap.envs(self.place.variables.iter().cloned()).current_dir(self.path());
        wrap.arg(wrapper).args(options).arg("--").args(command).stdin(Stdio::null());
        wrap
    }

    /// Runs a command through `autoheal run`; returns its output and exit status.
    pub(crate) fn output(&self, command: &[&str]) -> Output {
        self.run(&[], command).output().unwrap()
    }

    /// Starts the service with the same store. The service also takes reports from the spool.
    pub(crate) async fn serve(&self) -> Serve {
        self.place.serve().await
    }

    /// The first sample of each recorded group.
    pub(crate) async fn recorded(&self) -> Vec<Value> {
        let serve = self.serve().await;
        samples(&serve).await
    }

    /// The first sample of the only recorded group.
    pub(crate) async fn only(&self) -> Value {
        let mut recorded = self.recorded().await;
        assert_eq!(recorded.len(), 1, "{recorded:#?}");
        recorded.remove(0)
    }
}

/// Standard error without autoheal's line about the first failure.
pub(crate) fn without_autoheals_line(mut errors: Vec<u8>) -> Vec<u8> {
    let prefix = b"autoheal: recorded: ";
    if let Some(at) = errors.windows(prefix.len()).position(|window| window == prefix) {
        let end = errors[at..].iter().position(|byte| *byte == b'\n').unwrap();
        errors.drain(at..=at + end);
    }
    errors
}

/// The first sample of each group.
pub(crate) async fn samples(serve: &Serve) -> Vec<Value> {
    let mut samples = Vec::new();
    for group in serve.groups().await {
        let detail = serve.get(&format!("/api/groups/{}", group["fingerprint"].as_str().unwrap())).await.json();
        let mut sample = detail["samples"][0].clone();
        sample["severity"] = group["severity"].clone();
        sample["preview"] = detail["group"]["preview"].clone();
        samples.push(sample);
    }
    samples
}

/// Runs a command without autoheal.
pub(crate) fn plain(command: &[&str]) -> Output {
    Command::new(command[0]).args(&command[1..]).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command with this standard input.
pub(crate) fn with_input(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

/// Fails the test unless this program is installed.
#[track_caller]
pub(crate) fn needs(program: &str, install: &str) {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(found.is_ok(), "this test runs {program}, which is not installed; install it: {install}");
}
