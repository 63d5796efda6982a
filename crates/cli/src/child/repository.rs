//! The git repository around a directory, read from its files: git itself may be slow, missing, or refuse.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Most that is read of a file that holds one name, in bytes.
const NAME: u64 = 4096;
/// Most that is read of the list of packed references, in bytes.
const PACKED: u64 = 64 << 20;
/// A reference may name another; more than a few are a loop.
const DEPTH: usize = 5;

/// A repository and the commit that is checked out in it.
pub(super) struct Repository {
    /// The top of the working tree.
    pub(super) top: PathBuf,
    pub(super) commit: String,
}

impl Repository {
    /// The one that `directory` is in, unless it has no commit yet or keeps its references in a way not known here.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        let (top, own) = directory.ancestors().find_map(|top| Some((top, git_directory(&top.join(".git"))?)))?;
        // further working trees share the references of the first
        let shared = line_of(&own.join("commondir")).map_or_else(|| own.clone(), |shared| own.join(shared));
        Some(Self { top: top.to_owned(), commit: commit(&own, &shared)? })
    }
}

/// What `.git` is or names: in further working trees and submodules it is a file.
fn git_directory(git: &Path) -> Option<PathBuf> {
    let directory = match line_of(git) {
        Some(line) => git.parent()?.join(line.strip_prefix("gitdir:")?.trim_start()),
        None => git.to_owned(),
    };
    directory.join("HEAD").is_file().then_some(directory)
}

fn commit(own: &Path, shared: &Path) -> Option<String> {
    let mut value = line_of(&own.join("HEAD"))?;
    for _ in 0..DEPTH {
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

/// A reference's value among the packed ones, each a line of hash and name.
fn packed(shared: &Path, name: &str) -> Option<String> {
    let list = BufReader::new(File::open(shared.join("packed-refs")).ok()?.take(PACKED));
    let mut lines = list.lines().map_while(Result::ok);
    lines.find_map(|line| Some(line.strip_suffix(name)?.strip_suffix(' ')?.to_owned()))
}

/// The first line of a file; opening a pipe would wait for whoever writes to it.
fn line_of(path: &Path) -> Option<String> {
    let mut text = String::new();
    path.is_file().then(|| File::open(path).ok())??.take(NAME).read_to_string(&mut text).ok()?;
    text.lines().next().map(|line| line.trim_end().to_owned())
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

    /// As git says it.
    fn agrees(directory: &Path) {
        let found = Repository::around(directory).unwrap();
        assert_eq!(found.commit, git(directory, &["rev-parse", "HEAD"]));
        assert_eq!(found.top.to_str().unwrap(), git(directory, &["rev-parse", "--show-toplevel"]));
    }

    #[test]
    fn it_says_what_git_says() {
        let place = tempfile::tempdir().unwrap();
        let first = place.path().canonicalize().unwrap().join("first");
        let deep = first.join("a/b c");
        std::fs::create_dir_all(&deep).unwrap();
        git(&first, &["init", "-q", "-b", "main"]);
        assert!(Repository::around(&first).is_none(), "there is no commit yet");
        git(&first, &["commit", "-q", "--allow-empty", "-m", "one"]);
        agrees(&deep);
        git(&first, &["branch", "x/main"]);
        git(&first, &["commit", "-q", "--allow-empty", "-m", "two"]);
        git(&first, &["tag", "-a", "-m", "a tag has a line of its own among the packed", "v1"]);
        git(&first, &["pack-refs", "--all"]);
        agrees(&deep);
        git(&first, &["commit", "-q", "--allow-empty", "-m", "three"]);
        agrees(&deep);
        git(&first, &["checkout", "-q", "--detach", "HEAD~1"]);
        agrees(&first);
        let second = first.join("../second");
        git(&first, &["worktree", "add", "-q", "-b", "side", "../second", "main"]);
        agrees(&second.canonicalize().unwrap());
        git(&second, &["commit", "-q", "--allow-empty", "-m", "four"]);
        git(&second, &["pack-refs", "--all"]);
        agrees(&second.canonicalize().unwrap());
        git(&first, &["submodule", "--quiet", "add", "../second", "part"]);
        agrees(&first.join("part"));
    }

    #[test]
    fn hostile_files_end_the_search_or_nothing() {
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
