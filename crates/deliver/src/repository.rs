//! The git repository around a directory, read from its files, because git may be slow or missing, or may refuse to
//! read a repository of another user.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

/// Maximum size of a file that holds one name, in bytes.
const MAX_NAME_BYTES: u64 = 4096;
/// Maximum size of the list of packed references, in bytes.
const MAX_PACKED_BYTES: u64 = 64 << 20;
/// Maximum size of the configuration that is read, in bytes.
const MAX_CONFIG_BYTES: u64 = 256 << 10;
/// Maximum number of remotes.
const MAX_REMOTES: usize = 10;
/// Maximum number of references in a chain. A longer chain is a loop.
const MAX_REFERENCES: usize = 5;

/// A repository and the commit that is checked out in it.
pub struct Repository {
    /// The top directory of the working tree.
    pub top: PathBuf,
    /// The hash of the commit.
    pub commit: String,
    /// `owner/name` of each remote on a server.
    pub remotes: Vec<String>,
    /// `host/owner/name` of the remote named `origin`, else of the only remote: its host without port and its whole path.
    pub origin: Option<String>,
}

impl Repository {
    /// The repository that contains `directory`; none if it has no commit yet, or stores references in an unknown
    /// format.
    #[must_use]
    pub fn around(directory: &Path) -> Option<Self> {
        let (top, own) = directory.ancestors().find_map(|top| Some((top, git_directory(&top.join(".git"))?)))?;
        // additional working trees share the references of the first
        let shared = line_of(&own.join("commondir")).map_or_else(|| own.clone(), |shared| own.join(shared));
        let (remotes, origin) = remotes(&shared);
        Some(Self { top: top.to_owned(), commit: commit(&own, &shared)?, remotes, origin })
    }

    /// True if git may know a commit where [`around`](Self::around) finds none: in a repository without working tree, and
    /// where references are stored as `reftable`. Elsewhere git is not asked, because named pipes among its files would
    /// block it.
    #[must_use]
    pub fn needs_git(directory: &Path) -> bool {
        let git = directory.ancestors().map(|top| top.join(".git")).find(|git| git.symlink_metadata().is_ok());
        git.is_none_or(|git| {
            let head = git_directory(&git).and_then(|own| line_of(&own.join("HEAD")));
            head.as_deref() == Some("ref: refs/heads/.invalid")
        })
    }
}

/// The git directory. In additional working trees and in submodules `.git` is a file that names it.
fn git_directory(git: &Path) -> Option<PathBuf> {
    let directory = match line_of(git) {
        Some(line) => git.parent()?.join(line.strip_prefix("gitdir:")?.trim_start()),
        None => git.to_owned(),
    };
    directory.join("HEAD").is_file().then_some(directory)
}

fn commit(own: &Path, shared: &Path) -> Option<String> {
    let mut value = line_of(&own.join("HEAD"))?;
    for _ in 0..MAX_REFERENCES {
        let Some(name) = value.strip_prefix("ref:").map(str::trim) else {
            let is_hash = value.len() >= 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
            return is_hash.then_some(value);
        };
        if Path::new(name).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
            return None;
        }
        value = line_of(&own.join(name)).or_else(|| line_of(&shared.join(name))).or_else(|| packed(shared, name))?;
    }
    None
}

/// `owner/name` of each remote in the repository's configuration, and host and path of `origin` or the only remote.
fn remotes(shared: &Path) -> (Vec<String>, Option<String>) {
    let Some(file) = regular_file(&shared.join("config")) else { return (Vec::new(), None) };
    let lines = BufReader::new(file.take(MAX_CONFIG_BYTES)).lines().map_while(Result::ok);
    let (mut remotes, mut origin, mut first) = (Vec::new(), None, None);
    let (mut is_remote, mut is_origin) = (false, false);
    let mut sections = 0;
    for line in lines {
        let line = line.trim();
        if line.starts_with('[') {
            is_remote = line.starts_with("[remote ");
            is_origin = line.starts_with("[remote \"origin\"]");
            sections += usize::from(is_remote);
        } else if let Some((name, url)) = line.split_once('=').filter(|_| is_remote)
            && name.trim().eq_ignore_ascii_case("url")
            && let url = url.trim().trim_matches('"')
            && let Some(remote) = owner_and_name(url)
        {
            if is_origin {
                origin.get_or_insert_with(|| host_and_path(url));
            }
            first.get_or_insert_with(|| host_and_path(url));
            if remotes.len() < MAX_REMOTES && !remotes.contains(&remote) {
                remotes.push(remote);
            }
        }
    }
    let only = first.filter(|_| sections == 1);
    (remotes, origin.or(only).flatten())
}

/// `host/path` in the URL of a remote, such as `github.com/acme/shop`. A name from the configuration of SSH stays as it is,
/// because its host is not known.
fn host_and_path(url: &str) -> Option<String> {
    let (authority, path) = split(url)?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host } else { host.split(':').next()? }.to_ascii_lowercase();
    // GitHub's host for SSH through the port of HTTPS
    let host = if host == "ssh.github.com" { "github.com" } else { host.trim_end_matches('.') };
    let path = path.trim_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '~');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let fits = !host.is_empty() && host.len() <= 255 && path.len() <= 500 && path.chars().all(is_plain);
    fits.then(|| format!("{host}/{path}"))
}

/// The host, with user and port, and the path in the URL of a remote; `None` for a path on this machine.
fn split(url: &str) -> Option<(&str, &str)> {
    match url.split_once("://") {
        Some(("file", _)) => None,
        Some((_, rest)) => rest.split_once('/'),
        None => url.split_once(':').filter(|(host, _)| !host.contains('/')),
    }
}

/// `owner/name` in the URL of a remote, such as `git@github.com:acme/shop.git`; `None` for a path on this machine.
fn owner_and_name(url: &str) -> Option<String> {
    let (_, path) = split(url)?;
    let path = path.trim_end_matches('/');
    let (owner, name) = path.strip_suffix(".git").unwrap_or(path).rsplit_once('/')?;
    let owner = owner.rsplit('/').next()?;
    let fits = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        (1..=100).contains(&part.len()) && part.chars().all(allowed)
    };
    (fits(owner) && fits(name)).then(|| format!("{owner}/{name}"))
}

/// A packed reference's value. The list has a line of hash and name for each reference.
fn packed(shared: &Path, name: &str) -> Option<String> {
    let list = BufReader::new(regular_file(&shared.join("packed-refs"))?.take(MAX_PACKED_BYTES));
    let mut lines = list.lines().map_while(Result::ok);
    lines.find_map(|line| Some(line.strip_suffix(name)?.strip_suffix(' ')?.to_owned()))
}

/// The first line of a regular file.
fn line_of(path: &Path) -> Option<String> {
    let mut text = String::new();
    regular_file(path)?.take(MAX_NAME_BYTES).read_to_string(&mut text).ok()?;
    text.lines().next().map(|line| line.trim_end().to_owned())
}

/// Opens a regular file. Reading a named pipe would block until a process writes to it, also one that takes the file's
/// place just before it is opened.
fn regular_file(path: &Path) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = path.is_file().then(|| open(path, flags, Mode::empty()).ok()).flatten().map(File::from)?;
    file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(directory: &Path, words: &[&str]) -> String {
        let me = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"];
        let output = Command::new("git").args(me).args(words).current_dir(directory).output().unwrap();
        assert!(output.status.success(), "git {words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Asserts that git prints the same commit and top directory.
    fn assert_same_as_git(directory: &Path) {
        let found = Repository::around(directory).unwrap();
        assert_eq!(found.commit, git(directory, &["rev-parse", "HEAD"]));
        assert_eq!(found.top.to_str().unwrap(), git(directory, &["rev-parse", "--show-toplevel"]));
    }

    #[test]
    fn commit_and_top_are_the_same_as_gits() {
        let place = tempfile::tempdir().unwrap();
        let first = place.path().canonicalize().unwrap().join("first");
        let deep = first.join("a/b c");
        std::fs::create_dir_all(&deep).unwrap();
        git(&first, &["init", "-q", "-b", "main"]);
        assert!(Repository::around(&first).is_none(), "the repository has no commit yet");
        git(&first, &["commit", "-q", "--allow-empty", "-m", "one"]);
        assert_same_as_git(&deep);
        git(&first, &["branch", "x/main"]);
        git(&first, &["commit", "-q", "--allow-empty", "-m", "two"]);
        git(&first, &["tag", "-a", "-m", "an annotated tag has an extra line in packed-refs", "v1"]);
        git(&first, &["pack-refs", "--all"]);
        assert_same_as_git(&deep);
        git(&first, &["commit", "-q", "--allow-empty", "-m", "three"]);
        assert_same_as_git(&deep);
        git(&first, &["checkout", "-q", "--detach", "HEAD~1"]);
        assert_same_as_git(&first);
        let second = first.join("../second");
        git(&first, &["worktree", "add", "-q", "-b", "side", "../second", "main"]);
        assert_same_as_git(&second.canonicalize().unwrap());
        git(&second, &["commit", "-q", "--allow-empty", "-m", "four"]);
        git(&second, &["pack-refs", "--all"]);
        assert_same_as_git(&second.canonicalize().unwrap());
        git(&first, &["submodule", "--quiet", "add", "../second", "part"]);
        assert_same_as_git(&first.join("part"));
    }

    #[test]
    fn remotes_on_servers_are_owner_and_name() {
        let place = tempfile::tempdir().unwrap();
        git(place.path(), &["init", "-q"]);
        git(place.path(), &["commit", "-q", "--allow-empty", "-m", "one"]);
        let found = || Repository::around(place.path()).unwrap().remotes;
        assert_eq!(found(), [""; 0]);
        for (name, url) in [
            ("origin", "https://github.com/acme/shop.git"),
            ("again", "git@github.com:acme/shop.git"),
            ("fork", "ssh://git@github.com:22/ada/shop"),
            ("mine", "https://user:password@git.example/group/part/web-shop/"),
            ("path", "/srv/git/shop.git"),
            ("file", "file:///srv/git/shop.git"),
            ("odd", "https://git.example/a b/c"),
        ] {
            git(place.path(), &["remote", "add", name, url]);
        }
        assert_eq!(found(), ["acme/shop", "ada/shop", "part/web-shop"]);
        let origin = || Repository::around(place.path()).unwrap().origin;
        assert_eq!(origin().as_deref(), Some("github.com/acme/shop"));
        git(place.path(), &["remote", "rename", "origin", "upstream"]);
        assert_eq!(origin(), None, "there are several");
        for name in ["upstream", "again", "fork", "path", "file", "odd"] {
            git(place.path(), &["remote", "remove", name]);
        }
        assert_eq!(origin().as_deref(), Some("git.example/group/part/web-shop"), "the only one");
    }

    #[test]
    fn the_place_of_a_remote_is_its_host_and_whole_path() {
        for (url, expected) in [
            ("https://github.com/acme/shop.git", Some("github.com/acme/shop")),
            ("https://user:word@GitHub.com:443/acme/shop/", Some("github.com/acme/shop")),
            ("git@github.com:acme/shop.git", Some("github.com/acme/shop")),
            ("git@github.com:/acme/shop.git", Some("github.com/acme/shop")),
            ("ssh://git@ssh.github.com:443/acme/shop.git", Some("github.com/acme/shop")),
            ("git@github.com-work:acme/shop", Some("github.com-work/acme/shop")),
            ("https://gitlab.internal/acme/shop.git", Some("gitlab.internal/acme/shop")),
            ("ssh://git@10.0.0.7:29418/group/sub/acme/shop", Some("10.0.0.7/group/sub/acme/shop")),
            ("https://github.com@gitlab.internal/acme/shop", Some("gitlab.internal/acme/shop")),
            ("https://gitlab.internal/github.com/acme/shop", Some("gitlab.internal/github.com/acme/shop")),
            ("https://github.com/acme/shop?x=/a/b", None),
            ("/srv/git/acme/shop", None),
            ("file://github.com/acme/shop", None),
        ] {
            assert_eq!(host_and_path(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn git_is_asked_only_where_it_knows_more() {
        let place = tempfile::tempdir().unwrap();
        let (files, table) = (place.path().join("files"), place.path().join("table"));
        for (directory, format) in [(&files, "files"), (&table, "reftable")] {
            std::fs::create_dir(directory).unwrap();
            git(directory, &["init", "-q", "-b", "main", &format!("--ref-format={format}")]);
            git(directory, &["commit", "-q", "--allow-empty", "-m", "one"]);
        }
        assert!(Repository::around(&table).is_none() && Repository::needs_git(&table));
        for name in ["refs/heads/main", "HEAD"] {
            let path = files.join(".git").join(name);
            std::fs::remove_file(&path).unwrap();
            rustix::fs::mkfifoat(rustix::fs::CWD, &path, Mode::RWXU).unwrap();
            assert!(Repository::around(&files).is_none() && !Repository::needs_git(&files), "{name}");
        }
    }

    #[test]
    fn hostile_files_lead_to_no_repository() {
        let place = tempfile::tempdir().unwrap();
        let git = place.path().join(".git");
        assert!(Repository::around(place.path()).is_none_or(|around| !place.path().starts_with(around.top)));
        std::fs::create_dir_all(git.join("refs")).unwrap();
        let loops = "ref: refs/loop";
        std::fs::write(git.join("refs/loop"), loops).unwrap();
        std::fs::write(place.path().join("secret"), "a".repeat(40)).unwrap();
        for head in [loops, "ref: ../secret", "ref: /etc/passwd", "ref: refs/none", "", "\u{feff}", "zz", "ref: refs"] {
            std::fs::write(git.join("HEAD"), head).unwrap();
            assert!(Repository::around(place.path()).is_none(), "{head}");
        }
    }
}
