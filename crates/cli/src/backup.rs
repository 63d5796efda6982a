//! `autoheal backup`: copies the store, also while `serve` uses it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Result, bail};
use autoheal_ingest::store_path;
use autoheal_store::Sqlite;

use crate::args::BackupArgs;
use crate::printed::one_line;

/// Writes the copy and prints its name and size.
pub(crate) fn run(options: &BackupArgs) -> Result<()> {
    let path = store_path(options.store.as_deref())?;
    if !path.exists() {
        bail!("there is no store at {}; name it with --store", path.display());
    }
    if !is_database(&path) {
        bail!("{} is not a store, a SQLite file; name the store with --store", path.display());
    }
    Sqlite::backup(&path, &options.file)?;
    let bytes = std::fs::metadata(&options.file)?.len();
    let [from, to] = [&path, &options.file].map(|file| one_line(&file.to_string_lossy()));
    println!("copied {from} to {to} ({} KiB)", bytes.div_ceil(1024));
    Ok(())
}

/// True for a SQLite file, which is empty before its first table. A file that cannot be read counts as one, because the
/// copy then says why.
fn is_database(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(16).read_to_end(&mut beginning));
    read.is_err() || beginning.is_empty() || beginning == b"SQLite format 3\0"
}
