//! Where this user's store and waiting reports live.

use std::path::PathBuf;

/// The store's file: the one named, else in the user's data directory.
///
/// # Errors
///
/// When it is named by a scheme that is not supported, or there is no data directory; a sentence for people.
pub fn store_path(store: Option<&str>) -> Result<PathBuf, String> {
    if let Some(store) = store.filter(|store| !store.trim().is_empty()) {
        return match store.split_once("://") {
            None => Ok(PathBuf::from(store.strip_prefix("sqlite:").unwrap_or(store))),
            Some(("sqlite", path)) => Ok(PathBuf::from(path)),
            Some((scheme, _)) => {
                Err(format!("AUTOHEAL_STORE: {scheme}:// is not supported; give the path of a SQLite file"))
            }
        };
    }
    let data = data_directory().ok_or("neither XDG_DATA_HOME nor HOME is set; say where the store is with --store")?;
    Ok(data.join("autoheal.db"))
}

/// Where this user's data of ours lives.
#[must_use]
pub fn data_directory() -> Option<PathBuf> {
    let data = variable("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")))?;
    Some(data.join("autoheal"))
}

/// A variable that is set to nothing is not set.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
