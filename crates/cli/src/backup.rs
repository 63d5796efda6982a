//! `autoheal backup`: copies the store, also while `serve` uses it.

use anyhow::Result;
use autoheal_ingest::store_path;
use autoheal_store::Sqlite;

use crate::args::BackupArgs;

/// Writes the copy and prints its name and size.
pub(crate) fn run(options: &BackupArgs) -> Result<()> {
    let path = store_path(options.store.as_deref())?;
    Sqlite::backup(&path, &options.file)?;
    let bytes = std::fs::metadata(&options.file)?.len();
    println!("copied {} to {} ({} KiB)", path.display(), options.file.display(), bytes.div_ceil(1024));
    Ok(())
}
