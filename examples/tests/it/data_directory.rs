//! A temporary data directory for an example, and the reports that it spooled there.

use std::path::PathBuf;
use std::process::Command;

use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use autoheal_store::{Sample, Sqlite, Store};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) struct DataDirectory {
    directory: tempfile::TempDir,
}

impl DataDirectory {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A command for an example, without the test's environment. It spools its reports unless `AUTOHEAL_URL` is set.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("XDG_DATA_HOME", self.directory.path()).args(arguments);
        command
    }

    fn spool(&self) -> PathBuf {
        self.directory.path().join("autoheal/spool")
    }

    /// The spooled reports, as they are on disk.
    pub(crate) fn spooled(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.spool()).into_iter().flatten().flatten().map(|file| file.path());
        let mut files: Vec<PathBuf> =
            files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).collect();
        files.sort();
        files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
    }

    /// True if nothing was written.
    pub(crate) fn is_untouched(&self) -> bool {
        std::fs::read_dir(self.directory.path()).unwrap().next().is_none()
    }

    /// The groups that a store makes of the spooled reports: a sample of each group, and its count.
    #[tokio::main(flavor = "current_thread")]
    pub(crate) async fn groups(&self) -> Vec<(Sample, u64)> {
        #[derive(Deserialize)]
        struct Spooled {
            #[serde(default)]
            sender: Option<Sender>,
            report: Box<RawValue>,
        }
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("autoheal.db")).unwrap();
        let records = self.spooled().into_iter().map(|file| {
            let Spooled { sender, report } = serde_json::from_value(file).unwrap();
            let sender = sender.unwrap_or(Sender::Local);
            let arrival =
                Arrival { project: "default".to_owned(), sender, client: Client::Own, received_at: Timestamp(0) };
            prepare(&report, arrival, ScrubLevel::Standard).unwrap()
        });
        store.accept(records.collect()).await.unwrap();
        let mut groups = Vec::new();
        for group in store.groups("default", 100).await.unwrap() {
            let detail = store.detail("default", group.fingerprint).await.unwrap().unwrap();
            groups.push((detail.samples.into_iter().next().unwrap(), group.count));
        }
        groups
    }

    /// The sample of the only group of spooled reports.
    pub(crate) fn only_sample(&self) -> Sample {
        let mut groups = self.groups();
        assert_eq!(groups.len(), 1, "{groups:#?}");
        groups.remove(0).0
    }
}
