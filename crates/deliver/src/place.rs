//! The user's data directory.

use std::path::PathBuf;

/// The directory of this user's store and spool: `$XDG_DATA_HOME/autoheal`, else `~/.local/share/autoheal`. None without a
/// home directory.
#[must_use]
pub fn data_directory() -> Option<PathBuf> {
    let data = variable("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")))?;
    Some(data.join("autoheal"))
}

/// The value of an environment variable; a blank value counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
