//! Lines of source around a report's frames, read from the git checkout in which the program runs. Collected only after a
//! failure, in bounded time.

mod cache;
mod comparison;
mod continued;
mod excerpt;
mod file;
mod git;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use autoheal_contract::limits::SOURCE_EXCERPTS;
use autoheal_contract::{ErrorReport, SourceCode, SourceExcerpt};
use autoheal_prepare::parse::{Frame, frames_to_origin};
use autoheal_prepare::validate::Sender;
use autoheal_scrub::{KnownSecrets, Level};

use self::comparison::compare;
use self::excerpt::excerpt;
use self::file::Checkout;
use crate::destination::{Destination, Receiver};
use crate::repository::Repository;

/// Longest time until the lines are read.
const READ_TIMEOUT: Duration = Duration::from_millis(500);
/// Longest time until the lines are read and their files are compared with the commit.
const TIMEOUT: Duration = Duration::from_millis(900);

/// Maximum number of threads that read at the same time. Those that a network drive blocks stay.
const MAX_READERS: usize = 16;

static READERS: AtomicUsize = AtomicUsize::new(0);

/// When reports hold lines of the working tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceCodePolicy {
    /// Issues show them if the checkout's remote is the repository of the issue.
    #[default]
    Matching,
    /// Issues in any repository show them.
    Always,
    /// No report holds them.
    Never,
}

/// Adds the lines of source around a report's frames, unless the policy forbids it, or the receiver would ignore them
/// because it does not know the sender. Removes the secrets from the lines. The report's own secrets may still be there,
/// because paths without the user's name lead nowhere.
pub fn add_source_code(destination: &Destination, sender: Sender, report: &mut ErrorReport) {
    let Destination { receiver, source_code: policy, scrub, known_secrets, .. } = destination;
    let is_known = sender != Sender::Anonymous && !matches!(receiver, Receiver::Service { key: None, .. });
    let names_git = ["GIT_DIR", "GIT_WORK_TREE"].iter().any(|name| std::env::var_os(name).is_some());
    // with these variables, the working tree is not the one around the directory
    if *policy == SourceCodePolicy::Never || !is_known || names_git {
        return;
    }
    let Ok(directory) = std::env::current_dir() else { return };
    let frames = frames_to_origin(report);
    let own: Vec<Frame> = frames.into_iter().filter(|frame| frame.in_app && frame.line.is_some()).collect();
    if own.is_empty() {
        return;
    }
    // a server may fail the same way many times a second
    let code = cache::get_or(&own, || collect(&directory, &own, *scrub, known_secrets));
    report.source_code = code.map(|code| SourceCode { any_repository: *policy == SourceCodePolicy::Always, ..code });
}

/// The lines around these frames, for a program that runs in this directory.
fn collect(directory: &Path, frames: &[Frame], level: Level, known: &KnownSecrets) -> Option<SourceCode> {
    if READERS.fetch_add(1, Ordering::Relaxed) >= MAX_READERS {
        READERS.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let began = Instant::now();
    let (directory, own, known) = (directory.to_owned(), frames.to_vec(), known.clone());
    let (sender, received) = mpsc::sync_channel(1);
    // on a thread of its own, because a file on a network drive may block
    let read = move || {
        let found = Repository::around(&directory).map(|repository| {
            let checkout = Checkout { top: &repository.top, directory: &directory };
            let read = read(&checkout, &own, level, &known);
            (repository, read)
        });
        READERS.fetch_sub(1, Ordering::Relaxed);
        let _timed_out = sender.send(found);
    };
    if std::thread::Builder::new().name("source-code".to_owned()).spawn(read).is_err() {
        READERS.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let (repository, Read { mut excerpts, files }) = received.recv_timeout(READ_TIMEOUT).ok()??;
    if !excerpts.is_empty() {
        let states = compare(&repository, &files, began + TIMEOUT);
        // what is kept out of the repository is kept out of its issues
        excerpts.retain_mut(|excerpt| match states.get(&excerpt.path) {
            Some(state) => {
                excerpt.state = *state;
                true
            }
            None => false,
        });
    }
    let Repository { commit, origin, .. } = repository;
    let code = SourceCode { repository: origin, commit: Some(commit), any_repository: false, excerpts };
    (!code.excerpts.is_empty()).then_some(code)
}

/// The lines of the frames, and the contents of their files by path.
#[derive(Default)]
struct Read {
    excerpts: Vec<SourceExcerpt>,
    files: BTreeMap<String, Vec<u8>>,
}

/// Reads the lines of the innermost frames, each place once.
fn read(checkout: &Checkout<'_>, frames: &[Frame], level: Level, known: &KnownSecrets) -> Read {
    let mut read = Read::default();
    for frame in frames {
        let (Some(file), Some(line)) = (&frame.file, frame.line) else { continue };
        if read.excerpts.len() == SOURCE_EXCERPTS {
            break;
        }
        if read.excerpts.iter().any(|excerpt| excerpt.file == *file && excerpt.line == line) {
            continue;
        }
        let Some(found) = checkout.find(file, frame.function.as_deref()) else { continue };
        let path = found.path.clone();
        // each file once, so that its lines are those that are compared
        let content = match read.files.remove(&path).or_else(|| found.read()) {
            Some(content) => content,
            None => continue,
        };
        if let Some((first_line, lines)) = excerpt(&String::from_utf8_lossy(&content), line, level, known) {
            let (file, path) = (file.clone(), path.clone());
            read.excerpts.push(SourceExcerpt { file, line, path, first_line, lines, ..SourceExcerpt::default() });
        }
        read.files.insert(path, content);
    }
    read
}

#[cfg(test)]
mod tests;
