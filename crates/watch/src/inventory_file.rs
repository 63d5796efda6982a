//! The inventory of a server on disk: the tools it once offered, for the next process that watches the same server.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Maximum size of a file, in bytes. A larger inventory is not written, and a larger file is not read.
const MAX_FILE_BYTES: u64 = 256 * 1024;
/// Maximum number of files. Above it, the files with the oldest modification times are deleted.
const MAX_FILES: usize = 200;
/// Directory of the inventory files, inside the data directory of the user.
const DIRECTORY: &str = "servers";

/// Tools that a server once offered. If such a tool is unknown later, the server failed, not the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Name of the server.
    pub server: String,
    /// Names of its tools.
    pub tools: Vec<String>,
}

/// The inventory file of one server. Without a path it reads and writes nothing.
#[derive(Debug, Clone, Default)]
pub struct InventoryFile {
    path: Option<PathBuf>,
}

impl InventoryFile {
    /// File for a server started by this command in the current directory.
    #[must_use]
    pub fn of_command(data: Option<&Path>, command: &[OsString]) -> Self {
        let directory = std::env::current_dir().unwrap_or_default();
        let words = command.iter().map(OsString::as_os_str).chain([directory.as_os_str()]);
        let hash = hash(words.map(|word| word.as_encoded_bytes()));
        let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        Self { path: data.map(|data| file_path(data, &program, hash)) }
    }

    /// File for a server at this address.
    #[must_use]
    pub fn of_address(data: &Path, scheme: &str, authority: &str, path: &str) -> Self {
        let authority = authority.to_ascii_lowercase();
        let hash = hash([scheme, &authority, path].iter().map(|word| word.as_bytes()));
        Self { path: Some(file_path(data, &authority, hash)) }
    }

    /// Reads the inventory; `None` if the file is missing or invalid.
    #[must_use]
    pub fn read(&self) -> Option<Inventory> {
        let mut text = Vec::new();
        File::open(self.path.as_ref()?).ok()?.take(MAX_FILE_BYTES).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Replaces the file. An I/O error is ignored, because only the inventory is lost.
    pub fn write(&self, inventory: &Inventory) {
        let _ignored = self.try_write(inventory);
    }

    fn try_write(&self, inventory: &Inventory) -> io::Result<()> {
        let Some((path, directory)) = self.path.as_ref().and_then(|path| Some((path, path.parent()?))) else {
            return Ok(());
        };
        let text = serde_json::to_vec(inventory)?;
        if text.len() as u64 >= MAX_FILE_BYTES {
            return Ok(());
        }
        fs::create_dir_all(directory)?;
        let mut new_file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
        new_file.write_all(&text)?;
        new_file.persist(path)?;
        delete_oldest(directory)
    }
}

/// Path with a readable name for people, and a hash that makes it unique.
fn file_path(data: &Path, name: &str, hash: u64) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(40).map(plain).collect();
    data.join(DIRECTORY).join(format!("{name}-{hash:016x}.json"))
}

fn delete_oldest(directory: &Path) -> io::Result<()> {
    let files = fs::read_dir(directory)?.filter_map(|file| {
        let file = file.ok()?;
        Some((file.metadata().ok()?.modified().ok()?, file.path()))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    let excess = files.len().saturating_sub(MAX_FILES);
    files[..excess].iter().try_for_each(|(_, file)| fs::remove_file(file))
}

/// FNV-1a hash, because its value is the same on every machine and in every version.
fn hash<'a>(words: impl Iterator<Item = &'a [u8]>) -> u64 {
    let bytes = words.flat_map(|word| word.iter().copied().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
