//! Copies of a store, while it is open or not.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::file_guard::with_suffix;
use super::log_check;
use super::open::free_bytes;
use crate::StoreError;

/// Copies the store at `path`, which may be in use, to a new file.
///
/// # Errors
///
/// If the new file exists already, or one of both cannot be read or written. Then there is no new file.
pub(super) fn copy(path: &Path, to: &Path) -> Result<(), StoreError> {
    if to.symlink_metadata().is_ok() {
        return Err(StoreError::Failed(format!("{} exists already; give the name of a new file", to.display())));
    }
    log_check::check_before_copy(path)?;
    let open = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(connection)
    };
    let connection = open().map_err(|error: rusqlite::Error| {
        StoreError::Failed(format!("cannot open {}: {error}; is it the path of a store?", path.display()))
    })?;
    let copy = Copy::write(&connection, to)?;
    // In contrast to a rename, a hard link never replaces a file.
    fs::hard_link(&copy.path, to).map_err(|error| cannot_copy(to, &error))?;
    drop(copy);
    sync_directory(to)
}

/// Copies a store before its schema changes, to `STORE.before-N` beside it. Only the last such copy is kept.
pub(super) fn before_migration(connection: &Connection, path: &Path, version: usize) -> Result<(), StoreError> {
    let to = with_suffix(path, &format!(".before-{version:04}"));
    let refused = |error: StoreError| {
        let free = free_bytes(path).unwrap_or(0) / (1024 * 1024);
        StoreError::Failed(format!(
            "the store is not brought to its new version, because a copy of it cannot be made first: {error} ({free} MiB \
             are free); make space, or move {} away to start with an empty store",
            path.display()
        ))
    };
    let copy = Copy::write(connection, &to).map_err(refused)?;
    fs::rename(&copy.path, &to).map_err(|error| refused(cannot_copy(&to, &error)))?;
    sync_directory(&to).map_err(refused)?;
    remove_other_copies(path, &to);
    tracing::info!(copy = %to.display(), "store: copied before it is brought to its new version");
    Ok(())
}

/// A copy under a temporary name, which is deleted when this is dropped.
struct Copy {
    path: PathBuf,
}

impl Copy {
    /// Writes a copy beside `to` that only its owner can read.
    fn write(connection: &Connection, to: &Path) -> Result<Self, StoreError> {
        remove_leftovers(to);
        let path = with_suffix(to, &format!(".{}.partial", std::process::id()));
        let create = || {
            let file = File::options().create_new(true).write(true).mode(0o600).open(&path)?;
            file.try_lock()?;
            Ok(file)
        };
        let file = create().map_err(|error: io::Error| cannot_copy(to, &error))?;
        let copy = Self { path };
        connection.execute("VACUUM INTO ?1", [copy.path.to_string_lossy()]).map_err(|error| cannot_copy(to, &error))?;
        file.sync_all().map_err(|error| cannot_copy(to, &error))?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // absent after a rename
        remove_with_journal(&self.path);
    }
}

/// Removes unfinished copies that killed processes left in the directory of `to`. One that is being written is locked.
fn remove_leftovers(to: &Path) {
    let own = to.file_name().unwrap_or_default().to_string_lossy();
    for (path, name) in names_in_directory(to) {
        let copy = path.with_file_name(name.trim_end_matches("-journal"));
        if copy != path && name.starts_with(&*own) && name.ends_with(".partial-journal") && !copy.exists() {
            let _already_gone = fs::remove_file(&path);
        }
        let parts = name.strip_suffix(".partial").and_then(|rest| rest.rsplit_once('.'));
        let Some((target, process)) = parts.filter(|(target, process)| !target.is_empty() && is_digits(process)) else {
            continue;
        };
        // Another name may be a file of another program.
        let is_ours = target == own || (is_ended(process) && looks_like_a_copy(&path));
        let is_left = || File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if is_ours && is_left() {
            remove_with_journal(&path);
        }
    }
}

/// Removes an unfinished copy, and the journal that SQLite keeps beside it.
fn remove_with_journal(copy: &Path) {
    for path in [copy.to_owned(), with_suffix(copy, "-journal")] {
        let _already_gone = fs::remove_file(path);
    }
}

/// True unless another process has this id. In a container, a later process may have the same id as a killed one.
fn is_ended(process: &str) -> bool {
    process == std::process::id().to_string() || !Path::new("/proc").join(process).exists()
}

/// True for a regular file that is empty or begins as a file of SQLite does.
fn looks_like_a_copy(path: &Path) -> bool {
    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    is_file && read.is_ok() && (start.is_empty() || start == *b"SQLite format 3\0")
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// The files beside this one, itself included, with their names.
fn names_in_directory(path: &Path) -> Vec<(PathBuf, String)> {
    let Some(directory) = path.parent() else { return Vec::new() };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let names = fs::read_dir(directory).into_iter().flatten().flatten();
    names.map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned())).collect()
}

/// The files beside this one whose names are its name, a text, and something more; with that something.
fn names_beside(path: &Path, text: &str) -> Vec<(PathBuf, String)> {
    let Some(name) = path.file_name() else { return Vec::new() };
    let prefix = format!("{}{text}", name.to_string_lossy());
    let names = names_in_directory(path).into_iter();
    names.filter_map(|(path, name)| Some((path, name.strip_prefix(&prefix)?.to_owned()))).collect()
}

fn cannot_copy(to: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed(format!("cannot write the copy {}: {error}", to.display()))
}

/// Makes the new name in the directory durable.
fn sync_directory(file: &Path) -> Result<(), StoreError> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| cannot_copy(file, &error))
}

fn remove_other_copies(path: &Path, kept: &Path) {
    for (copy, version) in names_beside(path, ".before-") {
        // an unfinished one of another version too
        let version =
            version.strip_suffix(".partial").map_or(Some(version.as_str()), |rest| Some(rest.split_once('.')?.0));
        if version.is_some_and(|version| version.len() == 4 && is_digits(version)) && copy != kept {
            remove_with_journal(&copy);
        }
    }
}
