//! The directory of `--static`. Some directories hold so much else that they cannot be meant.

use std::path::{Path, PathBuf};

use autoheal_deliver::data_directory;

/// Directories of the system, which are not served, but directories in them are.
const WIDE: [&str; 24] = [
    "/home",
    "/root",
    "/usr",
    "/usr/local",
    "/usr/share",
    "/usr/lib",
    "/usr/bin",
    "/usr/sbin",
    "/opt",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/cache",
    "/var/spool",
    "/var/mail",
    "/var/backups",
    "/run",
    "/mnt",
    "/media",
    "/Users",
    "/Library",
    "/private",
    "/private/var",
    "/Volumes",
];
/// Directories of the system that hold no page at any depth.
const CLOSED: [&str; 8] = ["/etc", "/proc", "/sys", "/dev", "/boot", "/private/etc", "/System", "/lost+found"];
/// The directory of files in memory, which anyone may use.
const MEMORY: &str = "/dev/shm";

/// An existing directory whose files may be served.
pub(crate) fn served_directory(path: PathBuf) -> Result<PathBuf, String> {
    let path = super::without_line_end(path);
    if !path.is_dir() {
        return Err("is not a directory; name the directory with the files of the page".to_owned());
    }
    let Ok(resolved) = path.canonicalize() else {
        return Err("cannot be read; name the directory with the files of the page".to_owned());
    };
    let home = std::env::var_os("HOME").map(PathBuf::from).as_deref().and_then(resolved_start);
    let data = data_directory().as_deref().and_then(resolved_start);
    match other_content(&resolved, home.as_deref(), data.as_deref()) {
        Some(holds) => {
            Err(format!("holds {holds}, which would be public; name the directory of the page's files alone"))
        }
        None => Ok(path),
    }
}

/// What else a directory holds.
fn other_content(directory: &Path, home: Option<&Path>, data: Option<&Path>) -> Option<&'static str> {
    let is_closed = CLOSED.iter().any(|closed| directory.starts_with(closed)) && !directory.starts_with(MEMORY);
    if directory == Path::new("/") {
        Some("the files of the whole system")
    } else if home.is_some_and(|home| home.starts_with(directory)) {
        Some("all files of the user")
    } else if data.is_some_and(|data| data.starts_with(directory)) {
        Some("autoheal's own files")
    } else if is_closed || WIDE.iter().any(|wide| directory == Path::new(wide)) || directory == Path::new(MEMORY) {
        Some("files of the system or of other programs")
    } else {
        None
    }
}

/// The path without links, as far as it exists: autoheal's own directory is created later. None for a relative path.
fn resolved_start(path: &Path) -> Option<PathBuf> {
    if !path.is_absolute() {
        return None;
    }
    path.ancestors().find_map(|start| Some(start.canonicalize().ok()?.join(path.strip_prefix(start).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_with_other_files_are_recognized() {
        let other = |directory: &str| {
            other_content(
                Path::new(directory),
                Some(Path::new("/data/people/ada")),
                Some(Path::new("/volume/share/autoheal")),
            )
        };
        for directory in [
            "/",
            "/etc",
            "/etc/ssl",
            "/home",
            "/root",
            "/var",
            "/var/log",
            "/proc",
            "/proc/1",
            "/sys",
            "/dev",
            "/usr",
            "/data",
            "/data/people",
            "/data/people/ada",
            "/volume",
            "/volume/share",
            "/volume/share/autoheal",
            "/dev/shm",
        ] {
            assert!(other(directory).is_some(), "{directory}");
        }
        for directory in [
            "/var/www",
            "/var/www/site",
            "/usr/share/nginx/html",
            "/srv/www",
            "/data/people/ada/site",
            "/data/people/ada2",
            "/root/site",
            "/home/ada/site",
            "/opt/site",
            "/etcetera",
            "/dev/shm/site",
            "/volume/www",
            "/tmp",
            "/var/lib/site",
        ] {
            assert_eq!(other(directory), None, "{directory}");
        }
    }

    #[test]
    fn a_directory_that_does_not_exist_yet_is_found_behind_links() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap();
        std::fs::create_dir(real.join("real")).unwrap();
        std::os::unix::fs::symlink("real", real.join("link")).unwrap();
        assert_eq!(resolved_start(&real.join("link/later/autoheal")), Some(real.join("real/later/autoheal")));
        assert_eq!(resolved_start(Path::new("later")), None);
    }
}
