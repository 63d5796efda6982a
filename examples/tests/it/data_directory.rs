//! A data directory of its own for an example, and the reports it spooled there.

use std::path::PathBuf;
use std::process::Command;

use autoheal_prepare::validate::{Arrival, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use autoheal_store::{Sample, Sqlite, Store};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// An example without the environment of the test. It spools its reports, unless `AUTOHEAL_URL` is set.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("XDG_DATA_HOME", self.directory.path()).args(arguments);
        command
    }

    fn spool(&self) -> PathBuf {
        self.directory.path().join("autoheal/spool")
    }

    /// The spooled reports, as they are on disk.
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

    /// The spooled reports as a store groups them: a sample of each group, and its count.
    #[tokio::main(flavor = "current_thread")]
    pub(crate) async fn recorded(&self) -> Vec<(Sample, u64)> {
        #[derive(Deserialize)]
        struct Spooled {
            #[serde(default)]
            sender: Option<Sender>,
            report: Box<RawValue>,
        }
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("autoheal.db")).unwrap();
        let records = self.waiting().into_iter().map(|file| {
            let Spooled { sender, report } = serde_json::from_value(file).unwrap();
            let sender = sender.unwrap_or(Sender::Local);
            let arrival = Arrival { project: "default".to_owned(), sender, received_at: Timestamp(0) };
            prepare(&report, arrival, ScrubLevel::Standard).unwrap()
        });
        store.accept(records.collect()).await.unwrap();
        let mut recorded = Vec::new();
        for group in store.groups("default", 100).await.unwrap() {
            let detail = store.detail("default", group.fingerprint).await.unwrap().unwrap();
            recorded.push((detail.samples.into_iter().next().unwrap(), group.count));
        }
        recorded
    }

    /// The one failure that was spooled.
    pub(crate) fn only(&self) -> Sample {
        let mut recorded = self.recorded();
        assert_eq!(recorded.len(), 1, "{recorded:#?}");
        recorded.remove(0).0
    }
}
