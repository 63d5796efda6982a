//! Reports that could not be delivered yet: a file each, written in one step, few enough to bound the disk they take.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use autoheal_contract::ErrorReport;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::place::data_directory;
use autoheal_prepare::validate::Sender;

/// Most reports that wait; the oldest make room.
const MOST: usize = 500;
/// Reports are bounded when they are written; a larger file is not one of ours.
const LARGEST: u64 = 1024 * 1024;
/// Digits of the time in a name, so that names are in its order.
const TIME: usize = 15;

/// Where reports wait.
pub(super) struct Spool {
    directory: PathBuf,
}

/// A report that waits, and where it is to go: to a service, or to the own store.
#[derive(Serialize, Deserialize)]
struct Waiting<T, R> {
    to: Option<T>,
    /// Who may have written its text; absent when it is the user's own.
    #[serde(default = "own", skip_serializing_if = "is_own")]
    sender: Sender,
    report: R,
}

fn own() -> Sender {
    Sender::Local
}

fn is_own(sender: &Sender) -> bool {
    *sender == Sender::Local
}

/// A report that waited.
pub(super) struct Kept {
    /// Its file.
    pub(super) file: PathBuf,
    /// The service it is for; none for the own store.
    pub(super) to: Option<String>,
    /// Who may have written its text.
    pub(super) sender: Sender,
    /// As it was written.
    pub(super) report: Box<RawValue>,
}

impl Kept {
    /// Whether a stranger may have written its text: it must not arrive as a known sender's.
    pub(super) fn is_anonymous(&self) -> bool {
        self.sender == Sender::Anonymous
    }

    /// It waits no longer.
    pub(super) fn forget(&self) {
        // one that is only in memory has no file
        let _gone = fs::remove_file(&self.file);
    }
}

/// Held by whoever delivers what waits, so that nothing is delivered by two at once.
pub(super) struct Turn {
    _lock: File,
}

impl Spool {
    /// The user's spool. Nobody else can put anything into it: what waits there is trusted as the user's own.
    pub(super) fn open() -> io::Result<Self> {
        let none = || io::Error::other("neither XDG_DATA_HOME nor HOME is set");
        let directory = directory().ok_or_else(none)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let metadata = fs::metadata(&directory)?;
        if metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o022 != 0 {
            let open = format!("{} can be written to by others; make it yours alone: chmod 700", directory.display());
            return Err(io::Error::other(open));
        }
        Ok(Self { directory })
    }

    /// Where it is.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps a report; it is there whole or not at all.
    pub(super) fn keep(&self, to: Option<&str>, sender: Sender, report: &ErrorReport) -> io::Result<Kept> {
        let to = to.map(str::to_owned);
        let report = to_raw_value(report)?;
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(&self.directory)?;
        serde_json::to_writer(&mut file, &Waiting { to: to.as_deref(), sender, report: &report })?;
        file.flush()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let path = self.directory.join(format!("{now:0TIME$}-{}.json", Uuid::new_v4()));
        file.persist(&path)?;
        self.make_room();
        Ok(Kept { file: path, to, sender, report })
    }

    /// The right to deliver what waits; nothing when another process is at it.
    pub(super) fn take_turn(&self) -> Option<Turn> {
        let lock = File::options().create(true).append(true).open(self.directory.join(".lock")).ok()?;
        lock.try_lock().ok()?;
        Some(Turn { _lock: lock })
    }

    /// What waits, oldest first, as far as it is wanted. A file that cannot be read is no report and goes.
    pub(super) fn waiting(&self, _turn: &Turn, wanted: impl Fn(Option<&str>) -> bool) -> Vec<Kept> {
        let read = |file: PathBuf| {
            let kept = match read(&file) {
                Ok(waiting) => Kept { file, to: waiting.to, sender: waiting.sender, report: waiting.report },
                Err(error) => {
                    // gone already, or no report
                    let _gone = (error.kind() == io::ErrorKind::InvalidData).then(|| fs::remove_file(&file));
                    return None;
                }
            };
            wanted(kept.to.as_deref()).then_some(kept)
        };
        self.files().into_iter().filter_map(read).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = files(&self.directory).collect();
        files.sort();
        files
    }

    fn make_room(&self) {
        let files = self.files();
        for file in files.iter().take(files.len().saturating_sub(MOST)) {
            let _gone = fs::remove_file(file);
        }
    }
}

/// Whether anything waits; makes nothing.
pub(super) fn is_anything_kept() -> bool {
    directory().is_some_and(|directory| files(&directory).next().is_some())
}

fn directory() -> Option<PathBuf> {
    Some(data_directory()?.join("spool"))
}

fn files(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    // nothing else is read, and nothing else is ever removed
    entries.filter(|path| path.file_name().is_some_and(|name| is_ours(name.as_encoded_bytes())))
}

/// `001763802062123-….json`, as [`Spool::keep`] names them.
fn is_ours(name: &[u8]) -> bool {
    let time = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    time >= TIME && name.get(time) == Some(&b'-') && name.ends_with(b".json")
}

fn read(file: &Path) -> io::Result<Waiting<String, Box<RawValue>>> {
    if fs::metadata(file)?.len() > LARGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    serde_json::from_slice(&fs::read(file)?).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Whether a service's address is on this machine.
pub(super) fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for url in ["http://127.0.0.1:8787", "http://localhost/", "http://[::1]:80/x"] {
            assert!(is_local(url), "{url}");
        }
        for url in
            ["http://127.0.0.1.evil.example", "https://errors.example/?localhost", "http://localhost@evil.example"]
        {
            assert!(!is_local(url), "{url}");
        }
    }
}
