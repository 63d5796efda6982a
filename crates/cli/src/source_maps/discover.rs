//! Finds the bundles of a directory, each with its map: in the comment, beside it, or within it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::bundle::Bundle;
use super::comment;

/// The bundles of a directory.
#[derive(Default)]
pub(super) struct Found {
    pub(super) bundles: Vec<Bundle>,
    /// Number of files of JavaScript without a map.
    pub(super) without_map: usize,
}

/// Searches a directory and those below it, without hidden ones and `node_modules`. The order is that of the names.
pub(super) fn discover(directory: &Path) -> Result<Found> {
    let mut found = Found::default();
    walk(directory, directory, &mut found)?;
    Ok(found)
}

fn walk(root: &Path, directory: &Path, found: &mut Found) -> Result<()> {
    let cannot_read = || format!("cannot read {}", directory.display());
    let mut entries = std::fs::read_dir(directory)
        .with_context(cannot_read)?
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(cannot_read)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // the kind of the entry itself, so that no link leads in a circle
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !name.starts_with('.') && name != "node_modules" {
                walk(root, &path, found)?;
            }
        } else if [".js", ".mjs", ".cjs"].iter().any(|end| name.ends_with(end)) && path.is_file() {
            match bundle(root, &path)? {
                Some(bundle) => found.bundles.push(bundle),
                None => found.without_map += 1,
            }
        }
    }
    Ok(())
}

/// A file with its map; none if it has no map.
fn bundle(root: &Path, path: &Path) -> Result<Option<Bundle>> {
    let code = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let Ok(code) = String::from_utf8(code) else { return Ok(None) };
    let url = comment::value(&code, "sourceMappingURL");
    let (map, map_file) = match url.and_then(inline_map) {
        Some(map) => (map, None),
        None => {
            let named = url.and_then(|url| beside(path, url)).filter(|file| file.is_file());
            let file = named.or_else(|| Some(appended(path, ".map")).filter(|file| file.is_file()));
            let Some(file) = file else { return Ok(None) };
            (std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?, Some(file))
        }
    };
    let name: Vec<Cow<'_, str>> =
        path.strip_prefix(root).unwrap_or(path).iter().map(|part| part.to_string_lossy()).collect();
    Ok(Some(Bundle::new(name.join("/"), path.to_owned(), code, map_file, map)))
}

/// The map in a `data:` URL.
fn inline_map(url: &str) -> Option<Vec<u8>> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    let bytes: Vec<u8> = percent_decode_str(data).collect();
    if kind.ends_with(";base64") { STANDARD.decode(bytes).ok() } else { Some(bytes) }
}

/// The file that a relative URL names. Of an absolute one, the file of its name beside the bundle.
fn beside(path: &Path, url: &str) -> Option<PathBuf> {
    let url = url.split(['?', '#']).next()?;
    let is_absolute = url.contains("://") || url.starts_with('/');
    let relative = if is_absolute { url.rsplit('/').next()? } else { url };
    let relative = percent_decode_str(relative).decode_utf8().ok()?;
    Some(path.parent()?.join(relative.as_ref()))
}

fn appended(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
