//! Failures that a nested `run` or `mcp` reported already: a file that the outer one creates, and whose path its command gets
//! in a variable. It holds no text of a report.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::Ending;

/// Variable with the path of the file in which a nested `run` or `mcp` notes what it reported.
pub(crate) const REPORTED: &str = "AUTOHEAL_REPORTED";
/// Begin of the file's name.
const FILE_PREFIX: &str = "autoheal-reported-";
/// Maximum size of the file. Of more failures, the first ones are known.
const MAX_BYTES: u64 = 64 * 1024;

/// A failure that a nested command reported.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    /// The end of its command, which is the end of the nested `run` or `mcp` itself.
    ending: Ending,
    /// Hash of the last line that the command printed.
    last_line: u64,
    at: SystemTime,
}

/// The file in which nested commands note their failures. Dropping it deletes it.
pub(crate) struct Nested {
    /// None if no file could be created: then failures are reported by both.
    file: Option<PathBuf>,
}

impl Nested {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("{FILE_PREFIX}{}", Uuid::new_v4()));
        let created = File::options().write(true).create_new(true).mode(0o600).open(&path);
        Self { file: created.is_ok().then_some(path) }
    }

    /// Sets the variable for the command.
    pub(crate) fn pass_on(&self, command: &mut Command) {
        match &self.file {
            Some(file) => command.env(REPORTED, file),
            // the file of an outer command is not this command's
            None => command.env_remove(REPORTED),
        };
    }

    /// The failures so far.
    pub(crate) fn failures(&self) -> Vec<Reported> {
        let text = self.file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        text.lines().filter_map(Reported::parse).collect()
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        let _deleted = self.file.take().map(fs::remove_file);
    }
}

impl Reported {
    /// A failure that was reported now.
    pub(crate) fn now(ending: Ending, last_line: u64) -> Self {
        Self { ending, last_line, at: SystemTime::now() }
    }

    /// Notes this failure for the outer command, if there is one.
    pub(crate) fn note(&self) {
        let Some(path) = std::env::var_os(REPORTED).map(PathBuf::from) else { return };
        let is_ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FILE_PREFIX));
        // not created, because the outer command may have ended
        let Some(mut file) = is_ours.then(|| File::options().append(true).open(&path).ok()).flatten() else { return };
        if file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() < MAX_BYTES) {
            let (kind, number) = match self.ending {
                Ending::Code(code) => ("code", code),
                Ending::Signal(signal) => ("signal", signal),
            };
            let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            // on failure, both commands report
            let _unwritten = file.write_all(format!("{kind} {number} {:016x} {at}\n", self.last_line).as_bytes());
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, number) = (words.next()?, words.next()?.parse().ok()?);
        let ending = match kind {
            "code" => Ending::Code(number),
            "signal" => Ending::Signal(number),
            _ => return None,
        };
        let last_line = u64::from_str_radix(words.next()?, 16).ok()?;
        let at = UNIX_EPOCH.checked_add(Duration::from_nanos(words.next()?.parse().ok()?))?;
        Some(Self { ending, last_line, at })
    }

    /// True if a command ended in this way, also if a shell passed the ending on.
    pub(crate) fn has_ending(&self, ending: Ending) -> bool {
        self.ending.as_code() == ending.as_code()
    }

    /// True if this is the last failure of the outer command: nothing was printed after it. The last line is compared too,
    /// because the outer command may read it late. A shell prints a line about a signal that ended its child.
    pub(crate) fn is_last(&self, printed_at: Option<SystemTime>, last_line: u64) -> bool {
        printed_at.is_none_or(|printed| self.at >= printed)
            || self.last_line == last_line
            || matches!(self.ending, Ending::Signal(_))
    }
}

/// Hash of a line.
pub(crate) fn line_hash(line: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_others_are_ignored() {
        for line in ["code 3 00000000000000ff 1790000000000000000", "signal 11 0000000000000001 1"] {
            assert!(Reported::parse(line).is_some(), "{line}");
        }
        for line in
            ["", "code", "code x 0 0", "stop 1 0 0", "code 1 0", "code 1 zz 0", "code 1 0 99999999999999999999999"]
        {
            assert_eq!(Reported::parse(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_printed_after_a_failure_is_another_one() {
        let reported = Reported::now(Ending::Code(1), 1);
        let later = Some(reported.at + Duration::from_nanos(1));
        assert!(reported.is_last(None, 2) && reported.is_last(Some(reported.at), 2) && reported.is_last(later, 1));
        assert!(!reported.is_last(later, 2));
        assert!(Reported::now(Ending::Signal(11), 1).is_last(later, 2));
    }

    #[test]
    fn a_shells_exit_code_is_the_same_ending_as_its_childs_signal() {
        let reported = Reported::now(Ending::Signal(11), 1);
        assert!(reported.has_ending(Ending::Code(139)) && reported.has_ending(Ending::Signal(11)));
        assert!(!reported.has_ending(Ending::Code(11)));
    }
}
