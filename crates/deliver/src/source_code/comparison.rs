//! Comparison of files with the commit. The contents are compared here and not by git, because git would start the filter
//! programs of the checkout's configuration.

use std::collections::BTreeMap;
use std::time::Instant;

use autoheal_contract::FileState;

use super::git::Git;
use crate::repository::Repository;

/// Maximum length of the list of files, in bytes.
const MAX_LIST_BYTES: usize = 256 * 1024;
/// Maximum length of the files' contents at the commit, in bytes.
const MAX_CONTENT_BYTES: usize = 16 << 20;
/// The command that lists those of some files that git does not ignore, each with a letter for its kind.
const LIST: [&str; 6] = ["ls-files", "-v", "--cached", "--others", "--exclude-standard", "-z"];
/// The command that prints the contents of some files.
const CONTENTS: [&str; 2] = ["cat-file", "--batch"];

/// States of the files that may be shown, by their paths.
pub(super) type States = BTreeMap<String, FileState>;

/// Compares files of the repository, given by their paths in it and their contents, with its commit, until this time. The
/// result has neither those that git ignores nor those whose changes it was asked to overlook, and without git, or if git
/// takes too long, no file at all.
pub(super) fn compare(repository: &Repository, files: &BTreeMap<String, Vec<u8>>, until: Instant) -> States {
    compared(repository, files, until).unwrap_or_default()
}

fn compared(repository: &Repository, files: &BTreeMap<String, Vec<u8>>, until: Instant) -> Option<States> {
    // git reads one name from each line
    let files: Vec<_> = files.iter().filter(|(path, _)| !path.contains('\n')).collect();
    let commit = &repository.commit;
    let names: String = files.iter().map(|(path, _)| format!("{commit}:{path}\n")).collect();
    let mut list: Vec<&str> = LIST.into();
    list.push("--");
    list.extend(files.iter().map(|(path, _)| path.as_str()));
    // both at the same time
    let list = Git::start(&repository.top, &list, "")?;
    let contents = Git::start(&repository.top, &CONTENTS, &format!("{commit}\n{names}"))?;
    let list = String::from_utf8(list.output(MAX_LIST_BYTES, until)?).ok()?;
    let contents = contents.output(MAX_CONTENT_BYTES, until)?;
    let mut contents = contents.as_slice();
    // without the commit, every file would be missing
    next_content(&mut contents, "commit")??;
    let mut states = States::new();
    for (path, now) in files {
        let committed = next_content(&mut contents, "blob")?;
        let is_shown = list.split('\0').any(|entry| {
            // a lower-case letter or `S` marks a file whose changes git overlooks
            entry.split_once(' ').is_some_and(|(kind, it)| it == path && matches!(kind, "H" | "M" | "?"))
        });
        let state = match committed {
            None => FileState::Untracked,
            Some(committed) if is_same(committed, now) => FileState::Committed,
            Some(_) => FileState::Changed,
        };
        if is_shown {
            states.insert(path.clone(), state);
        }
    }
    Some(states)
}

/// The next content in the output of `git cat-file --batch`, `Some(None)` if git does not have it. None if the output has
/// another form or the content is of another kind.
fn next_content<'a>(output: &mut &'a [u8], kind: &str) -> Option<Option<&'a [u8]>> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let (header, rest) = (str::from_utf8(&output[..end]).ok()?, &output[end + 1..]);
    *output = rest;
    if header.ends_with(" missing") {
        return Some(None);
    }
    let size = header.split_once(' ')?.1.strip_prefix(kind)?.trim_start();
    let (content, rest) = rest.split_at_checked(size.parse().ok()?)?;
    *output = rest.strip_prefix(b"\n")?;
    Some(Some(content))
}

/// True if the contents are the same, apart from the line ends, which git may change when it writes a file.
fn is_same(committed: &[u8], now: &[u8]) -> bool {
    let without_returns = || now.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    committed == now || committed.split(|byte| *byte == b'\n').eq(without_returns())
}
