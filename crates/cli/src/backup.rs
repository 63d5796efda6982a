//! `autoheal backup`: copies the store, also while `serve` uses it.

use anyhow::Result;
use autoheal_ingest::store_path;
use autoheal_store::Sqlite;

use crate::args::BackupArgs;
use crate::printed::one_line;

/// Writes the copy and prints its name and size.
pub(crate) fn run(options: &BackupArgs) -> Result<()> {
    let path = store_path(options.store.as_deref())?;
    Sqlite::backup(&path, &options.file)?;
    let bytes = std::fs::metadata(&options.file)?.len();
    let [from, to] = [&path, &options.file].map(|file| one_line(&file.to_string_lossy()));
    println!("copied {from} to {to} ({} KiB)", bytes.div_ceil(1024));
    Ok(())
}
