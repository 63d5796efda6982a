//! The lines of the last failures, kept for some seconds, because a program that keeps running may fail the same way many
//! times a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use autoheal_contract::SourceCode;
use autoheal_prepare::parse::Frame;

/// Maximum number of failures.
const MAX_FAILURES: usize = 16;
/// Time after which the files are read again.
const MAX_AGE: Duration = Duration::from_secs(10);

static CACHE: Mutex<Vec<Cached>> = Mutex::new(Vec::new());

/// The lines of one failure; none if there are none.
struct Cached {
    frames: Vec<Frame>,
    code: Option<SourceCode>,
    at: Instant,
}

/// Returns the lines of the frames as they were collected a short time ago, or else collects them.
pub(super) fn get_or(frames: &[Frame], collect: impl FnOnce() -> Option<SourceCode>) -> Option<SourceCode> {
    let lock = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cached) = lock().iter().find(|cached| cached.frames == frames && cached.at.elapsed() < MAX_AGE) {
        return cached.code.clone();
    }
    // without the lock, because it takes a while
    let code = collect();
    let mut cached = lock();
    cached.retain(|cached| cached.frames != frames && cached.at.elapsed() < MAX_AGE);
    if cached.len() == MAX_FAILURES {
        cached.remove(0);
    }
    cached.push(Cached { frames: frames.to_vec(), code: code.clone(), at: Instant::now() });
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_one_failure_are_collected_once_in_a_while() {
        let frames = |line| {
            let (function, file) = (None, Some("cache.py".to_owned()));
            [Frame { function, file, line: Some(line), column: None, in_app: true }]
        };
        let code = |commit: u32| Some(SourceCode { commit: Some(commit.to_string()), ..SourceCode::default() });
        assert_eq!(get_or(&frames(1), || code(1)), code(1));
        assert_eq!(get_or(&frames(1), || code(2)), code(1));
        assert_eq!(get_or(&frames(2), || None), None);
        assert_eq!(get_or(&frames(2), || code(3)), None);
        for line in 10..30 {
            assert_eq!(get_or(&frames(line), || code(line)), code(line));
        }
        assert_eq!(get_or(&frames(1), || code(4)), code(4), "the number of failures is limited");
    }
}
