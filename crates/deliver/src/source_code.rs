//! Lines of source around a report's frames, read from the git checkout in which the program runs. Collected only after a
//! failure, in bounded time.

mod cache;
mod comparison;
mod continued;
mod excerpt;
mod file;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use autoheal_contract::limits::SOURCE_EXCERPTS;
use autoheal_contract::{ErrorReport, SourceCode, SourceExcerpt};
use autoheal_prepare::parse::{Frame, frames_to_origin};
use autoheal_prepare::validate::Sender;
use autoheal_scrub::Level;

use self::comparison::{Comparison, compare};
use self::excerpt::excerpt;
use self::file::Checkout;
use crate::destination::{Destination, Receiver};
use crate::repository::Repository;

/// Longest time until the lines are read.
const READ_TIMEOUT: Duration = Duration::from_millis(150);
/// Longest time until the lines are read and their files are compared with the commit.
const TIMEOUT: Duration = Duration::from_millis(300);

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
    let Destination { receiver, source_code: policy, scrub, .. } = destination;
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
    let code = cache::get_or(&own, || collect(&directory, &own, *scrub));
    report.source_code = code.map(|code| SourceCode { any_repository: *policy == SourceCodePolicy::Always, ..code });
}

/// The lines around these frames, for a program that runs in this directory.
fn collect(directory: &Path, frames: &[Frame], level: Level) -> Option<SourceCode> {
    if READERS.fetch_add(1, Ordering::Relaxed) >= MAX_READERS {
        READERS.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let began = Instant::now();
    let (directory, own) = (directory.to_owned(), frames.to_vec());
    let (sender, received) = mpsc::sync_channel(1);
    // on a thread of its own, because a file on a network drive may block
    let read = move || {
        let found = Repository::around(&directory).map(|repository| {
            let checkout = Checkout { top: &repository.top, directory: &directory };
            let excerpts = read(&checkout, &own, level);
            (repository, excerpts)
        });
        READERS.fetch_sub(1, Ordering::Relaxed);
        let _timed_out = sender.send(found);
    };
    if std::thread::Builder::new().name("source-code".to_owned()).spawn(read).is_err() {
        READERS.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let (repository, mut excerpts) = received.recv_timeout(READ_TIMEOUT).ok()??;
    if !excerpts.is_empty() {
        let paths = excerpts.iter().map(|excerpt| excerpt.path.as_str());
        let comparison = compare(&repository, paths.collect(), began + TIMEOUT);
        excerpts.retain_mut(|excerpt| match comparison.of(&excerpt.path) {
            // kept out of the repository, so kept out of its issues
            Comparison::Ignored => false,
            Comparison::State(state) => {
                excerpt.state = state;
                true
            }
        });
    }
    let Repository { commit, origin, .. } = repository;
    let code = SourceCode { repository: origin, commit: Some(commit), any_repository: false, excerpts };
    (!code.excerpts.is_empty()).then_some(code)
}

/// Reads the lines of the innermost frames, each place once.
fn read(checkout: &Checkout<'_>, frames: &[Frame], level: Level) -> Vec<SourceExcerpt> {
    let mut excerpts: Vec<SourceExcerpt> = Vec::new();
    for frame in frames {
        let (Some(file), Some(line)) = (&frame.file, frame.line) else { continue };
        if excerpts.len() == SOURCE_EXCERPTS {
            break;
        }
        if excerpts.iter().any(|excerpt| excerpt.file == *file && excerpt.line == line) {
            continue;
        }
        let found = checkout.find(file, frame.function.as_deref());
        let Some((path, text)) = found.and_then(|found| Some((found.path.clone(), found.read()?))) else { continue };
        if let Some((first_line, lines)) = excerpt(&text, line, level) {
            let file = file.clone();
            excerpts.push(SourceExcerpt { file, line, path, first_line, lines, ..SourceExcerpt::default() });
        }
    }
    excerpts
}

#[cfg(test)]
mod tests;
