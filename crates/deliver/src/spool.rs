//! The spool: a directory of reports that are not delivered yet, one file per report, written atomically. The number
//! and the size of the files are limited.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use autoheal_contract::ErrorReport;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::place::{NO_DATA_DIRECTORY, data_directory};
use autoheal_prepare::validate::Sender;

/// Maximum number of spooled reports; the oldest are dropped beyond it.
pub(crate) const MAX_REPORTS: usize = 500;
/// Maximum size of a spool file, in bytes. Reports are cut before they are written, so a larger file is not a report.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Digits of the time in a file name, so that names sort by time.
const TIME_DIGITS: usize = 15;

/// Directory of spooled reports.
pub struct Spool {
    directory: PathBuf,
}

/// The receiver that a spooled report is meant for. No other one takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    /// Base URL of a service; none for a store on this machine.
    pub url: Option<String>,
    /// The [name](crate::store_name) of a store on this machine; none for the default store, and for a service.
    pub store: Option<PathBuf>,
    /// Project of the report; none for the default project. For a service, its project key.
    pub project: Option<String>,
}

/// Content of a spool file.
#[derive(Serialize, Deserialize)]
struct SpoolFile<R> {
    /// [`Recipient::url`].
    to: Option<String>,
    /// [`Recipient::store`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<PathBuf>,
    /// [`Recipient::project`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// Trust in the origin of its text; absent for [`Sender::Local`].
    #[serde(default = "local", skip_serializing_if = "is_local_sender")]
    sender: Sender,
    report: R,
}

fn local() -> Sender {
    Sender::Local
}

fn is_local_sender(sender: &Sender) -> bool {
    *sender == Sender::Local
}

/// A report in the spool.
pub struct SpooledReport {
    /// Its file; the empty path for a report that is only in memory.
    pub file: PathBuf,
    /// The receiver it is for.
    pub recipient: Recipient,
    /// Trust in the origin of its text.
    pub sender: Sender,
    /// The report, as JSON.
    pub report: Box<RawValue>,
}

impl SpooledReport {
    /// True if a stranger may have written its text. Such a report must be sent without the sender key.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.sender == Sender::Anonymous
    }

    /// Removes it from the spool.
    pub fn remove(&self) {
        // a report that is only in memory has no file
        let _missing = fs::remove_file(&self.file);
    }
}

/// Exclusive right to deliver spooled reports, so that no two processes deliver the same one.
pub struct SpoolLock {
    _lock: File,
}

impl Spool {
    /// Opens the user's spool. Refuses a directory that others can write to, because the reports in it are trusted as
    /// the user's own.
    ///
    /// # Errors
    ///
    /// If there is no data directory, or the spool belongs to another user or can be written to by others.
    pub fn open() -> io::Result<Self> {
        let no_directory = || io::Error::other(NO_DATA_DIRECTORY);
        let directory = directory().ok_or_else(no_directory)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let metadata = fs::metadata(&directory)?;
        if metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o022 != 0 {
            let problem = format!(
                "{} belongs to another user or can be written to by others; make it your own, with chmod 700",
                directory.display()
            );
            return Err(io::Error::other(problem));
        }
        Ok(Self { directory })
    }

    /// Its path.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds a report: the whole file, or none. Call `trim` if the report stays.
    ///
    /// # Errors
    ///
    /// If the disk refuses the file.
    pub fn add(&self, recipient: Recipient, sender: Sender, report: &ErrorReport) -> io::Result<SpooledReport> {
        let report = to_raw_value(report)?;
        let Recipient { url: to, store, project } = recipient.clone();
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(&self.directory)?;
        serde_json::to_writer(&mut file, &SpoolFile { to, store, project, sender, report: &report })?;
        file.flush()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let path = self.directory.join(format!("{now:0TIME_DIGITS$}-{}.json", Uuid::new_v4()));
        file.persist(&path)?;
        Ok(SpooledReport { file: path, recipient, sender, report })
    }

    /// Takes the exclusive right to deliver; none while another process has it.
    #[must_use]
    pub fn try_lock(&self) -> Option<SpoolLock> {
        let lock = File::options().create(true).append(true).open(self.directory.join(".lock")).ok()?;
        lock.try_lock().ok()?;
        Some(SpoolLock { _lock: lock })
    }

    /// Reports for the receivers that `wanted` accepts, oldest first. Removes files that hold no report.
    #[must_use]
    pub fn reports(&self, _lock: &SpoolLock, wanted: impl Fn(&Recipient) -> bool) -> Vec<SpooledReport> {
        let read = |file: PathBuf| {
            let spooled = match read(&file) {
                Ok(SpoolFile { to: url, store, project, sender, report }) => {
                    SpooledReport { file, recipient: Recipient { url, store, project }, sender, report }
                }
                Err(error) => {
                    // a missing file was delivered meanwhile; a file that holds no report is removed
                    let _removed = (error.kind() == io::ErrorKind::InvalidData).then(|| fs::remove_file(&file));
                    return None;
                }
            };
            wanted(&spooled.recipient).then_some(spooled)
        };
        self.files().into_iter().filter_map(read).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = files(&self.directory).collect();
        files.sort();
        files
    }

    /// Removes the oldest reports beyond [`MAX_REPORTS`]. Returns their number.
    pub(crate) fn trim(&self) -> u64 {
        let files = self.files();
        let beyond = files.iter().take(files.len().saturating_sub(MAX_REPORTS));
        // a missing file was delivered meanwhile
        beyond.filter(|file| fs::remove_file(file).is_ok()).map(|_| 1).sum()
    }
}

/// True if a report is spooled, for any receiver. Creates no directory.
#[must_use]
pub fn has_spooled_reports() -> bool {
    directory().is_some_and(|directory| files(&directory).next().is_some())
}

fn directory() -> Option<PathBuf> {
    Some(data_directory()?.join("spool"))
}

fn files(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    // other files are neither read nor removed
    entries.filter(|path| path.file_name().is_some_and(|name| is_spool_file(name.as_encoded_bytes())))
}

/// True for a name such as `001763802062123-….json`, which [`Spool::add`] writes.
fn is_spool_file(name: &[u8]) -> bool {
    let time = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    time >= TIME_DIGITS && name.get(time) == Some(&b'-') && name.ends_with(b".json")
}

fn read(file: &Path) -> io::Result<SpoolFile<Box<RawValue>>> {
    if fs::metadata(file)?.len() > MAX_FILE_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    serde_json::from_slice(&fs::read(file)?).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_earlier_version_is_for_the_default_store() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool { directory: directory.path().to_owned() };
        let name = format!("{:0TIME_DIGITS$}-a.json", 7);
        fs::write(directory.path().join(name), r#"{"to":null,"report":{"error_type":"E"}}"#).unwrap();
        let other = Recipient { store: Some("/srv/other.db".into()), project: Some("shop".to_owned()), url: None };
        let service = Recipient { url: Some("http://127.0.0.1:9".to_owned()), ..Recipient::default() };
        for recipient in [&other, &service] {
            spool.add(recipient.clone(), Sender::Local, &ErrorReport::default()).unwrap();
        }
        let lock = spool.try_lock().unwrap();
        let found = spool.reports(&lock, |_| true);
        let recipients: Vec<_> = found.iter().map(|spooled| spooled.recipient.clone()).collect();
        assert!(recipients.len() == 3 && recipients[0] == Recipient::default(), "{recipients:?}");
        assert!(recipients.contains(&other) && recipients.contains(&service), "{recipients:?}");
        assert_eq!(spool.reports(&lock, |recipient| *recipient == other).len(), 1);
    }
}
