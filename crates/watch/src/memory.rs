//! What was learnt of a server, in a small file for the next time it is started.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::Learnt;

/// A larger file is none of ours; what is larger is not written.
const LARGEST: u64 = 256 * 1024;
/// Servers that are remembered; the one that was written longest ago is forgotten.
const MOST: usize = 200;

/// Where what is learnt is kept, beside everything else of this user.
const DIRECTORY: &str = "servers";

/// The file of one server; none where there is no place for it.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    file: Option<PathBuf>,
}

impl Memory {
    /// The same command in the same directory is the same server; kept in this data directory.
    #[must_use]
    pub fn of_command(data: Option<&Path>, command: &[OsString]) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let words = command.iter().map(OsString::as_os_str).chain([here.as_os_str()]);
        let hash = hash(words.map(|word| word.as_encoded_bytes()));
        let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        Self { file: data.map(|data| file(data, &program, hash)) }
    }

    /// The same address is the same server; kept in this data directory.
    #[must_use]
    pub fn of_address(data: &Path, scheme: &str, authority: &str, path: &str) -> Self {
        let authority = authority.to_ascii_lowercase();
        let hash = hash([scheme, &authority, path].iter().map(|word| word.as_bytes()));
        Self { file: Some(file(data, &authority, hash)) }
    }

    /// What is known; a file that cannot be read is one that is not there.
    #[must_use]
    pub fn read(&self) -> Option<Learnt> {
        let mut text = Vec::new();
        File::open(self.file.as_ref()?).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Replaces the file. Where that fails nothing is lost but a memory.
    pub fn write(&self, learnt: &Learnt) {
        let _forgotten = self.try_write(learnt);
    }

    fn try_write(&self, learnt: &Learnt) -> io::Result<()> {
        let Some((file, directory)) = self.file.as_ref().and_then(|file| Some((file, file.parent()?))) else {
            return Ok(());
        };
        let text = serde_json::to_vec(learnt)?;
        if text.len() as u64 >= LARGEST {
            return Ok(());
        }
        fs::create_dir_all(directory)?;
        let mut written = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
        written.write_all(&text)?;
        written.persist(file)?;
        forget_oldest(directory)
    }
}

/// Named so that people find it, and no two are the same.
fn file(data: &Path, name: &str, hash: u64) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().take(40).map(plain).collect();
    data.join(DIRECTORY).join(format!("{name}-{hash:016x}.json"))
}

fn forget_oldest(directory: &Path) -> io::Result<()> {
    let files = fs::read_dir(directory)?.filter_map(|file| {
        let file = file.ok()?;
        Some((file.metadata().ok()?.modified().ok()?, file.path()))
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    let old = files.len().saturating_sub(MOST);
    files[..old].iter().try_for_each(|(_, file)| fs::remove_file(file))
}

/// FNV-1a: the same on every machine and in every version.
fn hash<'a>(words: impl Iterator<Item = &'a [u8]>) -> u64 {
    let bytes = words.flat_map(|word| word.iter().copied().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
