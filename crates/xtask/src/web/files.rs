//! Which files are older than others: what was built from sources that have changed since is built again.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

/// All files in a folder and the folders in it; none if there is no such folder.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_in(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// When the oldest of these was written; the beginning of time if one is missing.
pub(super) fn oldest(files: &[PathBuf]) -> SystemTime {
    files.iter().map(|file| written(file).unwrap_or(SystemTime::UNIX_EPOCH)).min().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When the newest of these was written; they must exist.
pub(super) fn newest(files: &[PathBuf]) -> Result<SystemTime> {
    files.iter().try_fold(SystemTime::UNIX_EPOCH, |latest, file| Ok(latest.max(written(file)?)))
}

fn written(file: &Path) -> Result<SystemTime> {
    let metadata = std::fs::metadata(file).with_context(|| format!("{} is missing", file.display()))?;
    Ok(metadata.modified()?)
}
