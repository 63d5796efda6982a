//! Modification times of files, which decide whether the package has to be built again.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

/// All files in a folder and its subfolders; empty if the folder does not exist.
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

/// Modification time of the oldest file; the Unix epoch if a file is missing.
pub(super) fn oldest(files: &[PathBuf]) -> SystemTime {
    files.iter().map(|file| modified(file).unwrap_or(SystemTime::UNIX_EPOCH)).min().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Modification time of the newest file; an error if a file is missing.
pub(super) fn newest(files: &[PathBuf]) -> Result<SystemTime> {
    files.iter().try_fold(SystemTime::UNIX_EPOCH, |latest, file| Ok(latest.max(modified(file)?)))
}

fn modified(file: &Path) -> Result<SystemTime> {
    let metadata = std::fs::metadata(file).with_context(|| format!("{} is missing", file.display()))?;
    Ok(metadata.modified()?)
}
