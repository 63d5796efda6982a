//! `Bundle`: a generated file and its map, with the debug id that both share.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use autoheal_source_maps::{DebugId, check};

use super::comment;

/// A generated file and its map.
pub(super) struct Bundle {
    /// Path below the uploaded directory, with `/`.
    pub(super) name: String,
    pub(super) debug_id: DebugId,
    pub(super) code: String,
    pub(super) map: Vec<u8>,
    path: PathBuf,
    /// None for a map within the generated file.
    map_file: Option<PathBuf>,
}

impl Bundle {
    /// Takes the debug id of the file, else that of the map, else makes one from the content.
    pub(super) fn new(name: String, path: PathBuf, code: String, map_file: Option<PathBuf>, map: Vec<u8>) -> Self {
        let of_file = comment::value(&code, "debugId").and_then(DebugId::parse);
        let of_map = || check(&map).ok().and_then(|checked| DebugId::parse(&checked.debug_id?));
        let debug_id = of_file.or_else(of_map).unwrap_or_else(|| DebugId::of_content(code.as_bytes(), &map));
        Self { name, debug_id, code, map, path, map_file }
    }

    /// Writes the debug id into both files, where it is missing. The positions in the generated file stay.
    pub(super) fn inject(&mut self) -> Result<()> {
        let id = self.debug_id.to_string();
        if comment::value(&self.code, "debugId").and_then(DebugId::parse) != Some(self.debug_id) {
            self.code = comment::with_comment(&self.code, "debugId", &id);
            replace(&self.path, self.code.as_bytes())?;
        }
        let has_id = check(&self.map).is_ok_and(|checked| checked.debug_id.is_some());
        if let Some(file) = self.map_file.as_ref().filter(|_| !has_id)
            && let Some(open) = self.map.iter().position(|byte| *byte == b'{')
        {
            // as the first member, so that the rest stays byte for byte
            let is_empty = self.map[open + 1..].trim_ascii_start().starts_with(b"}");
            let member = format!(r#""debugId":"{id}"{}"#, if is_empty { "" } else { "," });
            self.map.splice(open + 1..=open, member.into_bytes());
            replace(file, &self.map)?;
        }
        Ok(())
    }
}

/// Replaces a file as a whole, so that an interruption leaves the old or the new one.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let write = || {
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        file.write_all(content)?;
        file.as_file().set_permissions(std::fs::metadata(path)?.permissions())?;
        file.persist(path)?;
        std::io::Result::Ok(())
    };
    write().with_context(|| {
        format!("cannot write the debug id into {}; give --no-inject to leave the files as they are", path.display())
    })
}
