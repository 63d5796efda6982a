//! The user's data directory.

use std::path::{self, Path, PathBuf};

use nix::unistd::{Uid, User};

/// The problem without a data directory, and its remedy.
pub const NO_DATA_DIRECTORY: &str =
    "neither XDG_DATA_HOME nor HOME is an absolute path, and this user has no home directory; set one of them";

/// The directory of this user's store and spool: `$XDG_DATA_HOME/autoheal`, else `~/.local/share/autoheal`. None without a
/// home directory. A relative `$XDG_DATA_HOME` is ignored, as its specification says, because each directory would get a
/// store of its own.
#[must_use]
pub fn data_directory() -> Option<PathBuf> {
    let data = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let data = data.or_else(|| Some(home_directory()?.join(".local/share")))?;
    Some(data.join("autoheal"))
}

/// The home directory: `$HOME`, else that of the user's entry in the passwd database, because services of the system and
/// `env -i` have no variables. A relative `$HOME` is ignored, for the same reason as `$XDG_DATA_HOME`.
fn home_directory() -> Option<PathBuf> {
    let home = variable("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    home.or_else(|| {
        let user = User::from_uid(Uid::effective()).ok().flatten()?;
        // users of services often have one that does not exist
        Some(user.dir).filter(|path| path.is_absolute() && path.is_dir())
    })
}

/// The value of an environment variable; a blank value counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The file of the store that is used without a setting: `autoheal.db` in the [`data_directory`].
#[must_use]
pub fn default_store() -> Option<PathBuf> {
    Some(data_directory()?.join("autoheal.db"))
}

/// The one name of a store's file, by which two settings name the same file: an absolute path without symbolic links.
/// `None` for the default store.
#[must_use]
pub fn store_name(file: &Path) -> Option<PathBuf> {
    let name = resolved(file);
    (default_store().map(|default| resolved(&default)).as_ref() != Some(&name)).then_some(name)
}

/// The store's file in a setting: a path, with or without `sqlite:`. Line ends around it are no part of it.
#[must_use]
pub fn store_file(setting: &str) -> &Path {
    let setting = setting.trim_matches(['\r', '\n']);
    let without_scheme = setting.strip_prefix("sqlite://").or_else(|| setting.strip_prefix("sqlite:"));
    Path::new(without_scheme.unwrap_or(setting))
}

/// The absolute path, without the symbolic links of its existing part.
fn resolved(file: &Path) -> PathBuf {
    let absolute = path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let existing = absolute.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    match existing.and_then(|(part, real)| Some((real, absolute.strip_prefix(part).ok()?))) {
        Some((real, rest)) if rest.as_os_str().is_empty() => real,
        Some((real, rest)) => real.join(rest),
        None => absolute,
    }
}
