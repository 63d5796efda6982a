//! A directory of its own for an example's store and spool, and what is in them afterwards.

use std::path::PathBuf;
use std::process::Command;

use autoheal_store::{Sample, Sqlite, Store};
use serde_json::Value;

pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// An example, with nothing of the environment around the test. It tells its own store, unless it is told a service.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("XDG_DATA_HOME", self.directory.path()).args(arguments);
        command
    }

    fn spool(&self) -> PathBuf {
        self.directory.path().join("autoheal/spool")
    }

    /// The reports that wait, as they were kept.
    pub(crate) fn waiting(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.spool()).into_iter().flatten().flatten().map(|file| file.path());
        let mut files: Vec<PathBuf> =
            files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).collect();
        files.sort();
        files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
    }

    /// Whether anything at all was written.
    pub(crate) fn is_untouched(&self) -> bool {
        std::fs::read_dir(self.directory.path()).unwrap().next().is_none()
    }

    /// What the own store holds: a sample of each group, and its count.
    #[tokio::main(flavor = "current_thread")]
    pub(crate) async fn recorded(&self) -> Vec<(Sample, u64)> {
        let store = Sqlite::open(&self.directory.path().join("autoheal/autoheal.db")).unwrap();
        let mut recorded = Vec::new();
        for group in store.groups("default", 100).await.unwrap() {
            let detail = store.detail("default", group.fingerprint).await.unwrap().unwrap();
            recorded.push((detail.samples.into_iter().next().unwrap(), group.count));
        }
        recorded
    }

    /// The one failure that the own store holds.
    pub(crate) fn only(&self) -> Sample {
        let mut recorded = self.recorded();
        assert_eq!(recorded.len(), 1, "{recorded:#?}");
        recorded.remove(0).0
    }
}
