//! Failures that a nested `run` or `mcp` reported already: a file that the outer one creates, and whose path its command gets
//! in a variable. It holds no text of a report.

mod remoteness;

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use autoheal_prepare::parse::find_failure;
use rustix::fs::{FileType, fstat};
use rustix::io::ioctl_fionread;
use rustix::stdio::{stderr, stdout};
use signal_hook::consts::{SIGABRT, SIGBUS, SIGFPE, SIGHUP, SIGILL, SIGKILL, SIGSEGV, SIGTERM, SIGTRAP};
use uuid::Uuid;

pub(crate) use self::remoteness::Remoteness;
use super::last_reads::FileMark;
use super::{Ending, LastReads};

/// Variable with the path of the file in which a nested `run` or `mcp` notes what it reported.
pub(crate) const REPORTED: &str = "AUTOHEAL_REPORTED";
/// Begin of the line about a command that could not be started; its errno follows.
const START_ERROR: &str = "start ";
/// Begin of the file's name.
const FILE_PREFIX: &str = "autoheal-reported-";
/// Maximum size of the file. Of more failures, the first ones are known.
const MAX_BYTES: u64 = 64 * 1024;

/// Maximum time between the end of a nested command and the end of the outer one's command, if they are one failure.
const SAME_END: Duration = Duration::from_secs(1);
/// Maximum wait until the outer command has read what this one printed. Without it, the outer one may report, too.
const READ_WAIT: Duration = Duration::from_millis(200);
/// Messages of shells about the signal that ended their child.
const SHELL_MESSAGES: [(i32, &str); 10] = [
    (SIGSEGV, "Segmentation fault"),
    (SIGABRT, "Aborted"),
    (SIGABRT, "Abort trap"),
    (SIGBUS, "Bus error"),
    (SIGFPE, "Floating point exception"),
    (SIGILL, "Illegal instruction"),
    (SIGTRAP, "Trace/breakpoint trap"),
    (SIGKILL, "Killed"),
    (SIGTERM, "Terminated"),
    (SIGHUP, "Hangup"),
];

/// A failure that a nested command reported.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    /// The end of its command, which is the end of the nested `run` or `mcp` itself.
    ending: Ending,
    /// Hash of the receiver and the project of the report.
    destination: u64,
    at: SystemTime,
    /// The files that were its standard output and error, if they were files.
    files: Vec<FileMark>,
}

/// The end of the outer one's command.
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    /// Hash of the receiver and the project of the outer one's reports.
    pub(crate) destination: u64,
    pub(crate) at: SystemTime,
}

/// The file in which nested commands note their failures. Dropping it deletes it.
pub(crate) struct Nested {
    /// None if no file could be created: then failures are reported by both.
    file: Option<PathBuf>,
    remoteness: Remoteness,
}

impl Nested {
    /// Creates the file. `has_remote` is the command's own `--remote`.
    pub(crate) fn new(has_remote: bool) -> Self {
        let outer = path_of_outer();
        let is_remote = has_remote || outer.as_deref().is_some_and(remoteness::is_noted);
        let path = std::env::temp_dir().join(format!("{FILE_PREFIX}{}", Uuid::new_v4()));
        let created = File::options().write(true).create_new(true).mode(0o600).open(&path);
        let file = created.ok().map(|mut file| {
            let _unwritten = file.write_all(&remoteness::first_lines(is_remote, outer.as_deref()));
            path
        });
        if is_remote {
            remoteness::note(outer);
        }
        let remoteness = Remoteness::new(file.clone(), is_remote);
        Self { file, remoteness }
    }

    /// Whether the command serves others, also when asked after this is dropped.
    pub(crate) fn remoteness(&self) -> Remoteness {
        self.remoteness.clone()
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
    pub(crate) fn failures(&self) -> Failures {
        Failures(self.text().lines().filter_map(Reported::parse).collect())
    }

    /// The error with which the command could not be started, as [`note_start_error`] wrote it.
    pub(crate) fn start_error(&self) -> Option<io::Error> {
        let text = self.text();
        let number = text.lines().find_map(|line| line.strip_prefix(START_ERROR))?;
        Some(io::Error::from_raw_os_error(number.parse().ok()?))
    }

    fn text(&self) -> String {
        let text = self.file.as_ref().and_then(|file| fs::read(file).ok()).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Writes the error with which the command cannot be started, for the `run` or `mcp` that started this process. Returns
/// whether it was written.
pub(crate) fn note_start_error(error: &io::Error) -> bool {
    let line = format!("{START_ERROR}{}\n", error.raw_os_error().unwrap_or_default());
    file_of_outer().is_some_and(|mut file| file.write_all(line.as_bytes()).is_ok())
}

/// The file of the command around this process; none if there is no such command, or it has ended, or the file is full.
fn file_of_outer() -> Option<File> {
    let file = File::options().append(true).open(path_of_outer()?).ok()?;
    file.metadata().is_ok_and(|metadata| metadata.len() < MAX_BYTES).then_some(file)
}

/// The path of the file of the command around this process; none if there is no such command, or it has ended.
fn path_of_outer() -> Option<PathBuf> {
    std::env::var_os(REPORTED).map(PathBuf::from).filter(|path| is_ours(path))
}

/// True for a file of a `run` or `mcp` that has not ended. Such a file is never created here.
fn is_ours(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FILE_PREFIX)) && path.is_file()
}

/// Failures that nested commands reported, in the order of their lines.
pub(crate) struct Failures(Vec<Reported>);

impl Failures {
    /// True if a nested `run` or `mcp` reported the failure that ended the command. A time after the command's end is
    /// ignored, because only a command that hides its failures writes one.
    pub(crate) fn has_end(&self, ended: &Ended, last_reads: &[LastReads]) -> bool {
        let last = self.0.iter().rfind(|reported| reported.at <= ended.at);
        last.is_some_and(|last| last.is_end_of(ended, last_reads))
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        // remembered for later calls, which find no file
        let _remembered = self.remoteness.is_remote();
        let _deleted = self.file.take().map(fs::remove_file);
    }
}

impl Reported {
    /// A failure that was reported now.
    pub(crate) fn now(ending: Ending, destination: u64) -> Self {
        Self {
            ending,
            destination,
            at: SystemTime::now(),
            files: [stdout(), stderr()].into_iter().filter_map(mark).collect(),
        }
    }

    /// Notes that this process reported its command's failure, for the outer command if there is one.
    pub(crate) fn note(ending: Ending, destination: u64) {
        let Some(mut file) = file_of_outer() else { return };
        wait_until_read();
        let reported = Self::now(ending, destination);
        let (kind, number) = match ending {
            Ending::Code(code) => ("code", code),
            Ending::Signal(signal) => ("signal", signal),
        };
        let at = reported.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // on failure, both commands report
        let files = reported.files.iter();
        let files = files.map(|file| format!(" {}:{}:{}", file.device, file.inode, file.size)).collect::<String>();
        let _unwritten = file.write_all(format!("{kind} {number} {destination:016x} {at}{files}\n").as_bytes());
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, number) = (words.next()?, words.next()?.parse().ok()?);
        let ending = match kind {
            "code" => Ending::Code(number),
            "signal" => Ending::Signal(number),
            _ => return None,
        };
        let destination = u64::from_str_radix(words.next()?, 16).ok()?;
        let at = UNIX_EPOCH.checked_add(Duration::from_nanos(words.next()?.parse().ok()?))?;
        let files = words.map(read_mark).collect::<Option<Vec<_>>>()?;
        (files.len() <= 2).then_some(Self { ending, destination, at, files })
    }

    /// True if the outer one's command ended because of this failure, and the outer one would report it to the same place.
    /// Nothing else was printed after the report. In doubt, it is another failure, because a failure that is reported
    /// twice costs less than one that is never reported.
    fn is_end_of(&self, ended: &Ended, last_reads: &[LastReads]) -> bool {
        self.destination == ended.destination
            && ended.at.duration_since(self.at).is_ok_and(|passed| passed <= SAME_END)
            && last_reads.iter().map(|reads| reads.after(self.at, &self.files)).collect::<Option<Vec<_>>>().is_some_and(
                |printed| {
                    let printed = printed.concat();
                    // a shell passes a signal on as an exit code
                    let ends_alike = self.ending.as_code() == ended.ending.as_code();
                    match printed.is_empty() {
                        true => ends_alike || self.is_end_of_xargs(ended.ending),
                        false => {
                            ends_alike && self.is_shell_message(&printed, ended.ending)
                                || self.is_runners_message(&printed, ended.ending)
                        }
                    }
                },
            )
    }

    /// True for the exit code with which `xargs` passes on the end of a command.
    fn is_end_of_xargs(&self, outer: Ending) -> bool {
        matches!(self.ending, Ending::Code(1..=125)) && outer == Ending::Code(123)
    }

    /// True if these are only lines in which a program such as `make` or `npm` says how the command it started has ended, and
    /// one of them names this exit code. `make` ends with 2, the others as their command did.
    fn is_runners_message(&self, printed: &[u8], outer: Ending) -> bool {
        let Ending::Code(code) = self.ending else { return false };
        let text = String::from_utf8_lossy(printed);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let is_runners = |line: &&str| find_failure(line).is_some_and(|failure| failure.is_of_wrapper());
        let names_code = |line: &&str| {
            let mut words = line.split(|c: char| !c.is_ascii_alphanumeric()).rev().filter(|word| !word.is_empty());
            words.next().is_some_and(|last| last == code.to_string())
        };
        let is_make = lines.iter().all(|line| line.trim_start().trim_start_matches('g').starts_with("make"));
        let ends_alike = outer == self.ending || is_make && outer == Ending::Code(2);
        ends_alike && lines.iter().all(is_runners) && lines.iter().any(names_code)
    }

    /// True if this is the line of a shell about the signal, as `Aborted` or `a.sh: line 2: 4711 Aborted  command`.
    fn is_shell_message(&self, printed: &[u8], outer: Ending) -> bool {
        let (Ending::Signal(signal), Ending::Code(_)) = (self.ending, outer) else { return false };
        let text = String::from_utf8_lossy(printed);
        let line = text.trim();
        let is_message = |message: &str| {
            let Some((before, after)) = line.split_once(message) else { return false };
            let after_core = after.trim_start().strip_prefix("(core dumped)").unwrap_or(after);
            match before.trim_end() {
                "" => after_core.is_empty() || after_core == format!(": {signal}"),
                before => before.contains(": line ") && before.ends_with(|last: char| last.is_ascii_digit()),
            }
        };
        let mut messages = SHELL_MESSAGES.iter().filter(|(of, _)| *of == signal);
        !line.contains('\n') && messages.any(|(_, message)| is_message(message))
    }
}

/// The size of a stream that is a file.
fn mark(stream: BorrowedFd<'_>) -> Option<FileMark> {
    let metadata = File::from(stream.try_clone_to_owned().ok()?).metadata().ok().filter(Metadata::is_file)?;
    Some(FileMark { device: metadata.dev(), inode: metadata.ino(), size: metadata.len() })
}

/// Parses `device:inode:size`.
fn read_mark(word: &str) -> Option<FileMark> {
    let mut numbers = word.split(':').map(str::parse::<u64>);
    let mut number = || numbers.next()?.ok();
    let mark = FileMark { device: number()?, inode: number()?, size: number()? };
    numbers.next().is_none().then_some(mark)
}

/// Waits until the readers of our standard output and error have read everything, where these are pipes.
fn wait_until_read() {
    let until = Instant::now() + READ_WAIT;
    let is_unread = |stream: BorrowedFd<'_>| {
        fstat(stream).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
            && ioctl_fionread(stream).is_ok_and(|bytes| bytes > 0)
    };
    while (is_unread(stdout()) || is_unread(stderr())) && Instant::now() < until {
        // the state of a pipe's other side cannot be waited for
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written_and_others_are_ignored() {
        for line in
            ["code 3 00000000000000ff 1790000000000000000", "signal 11 0000000000000001 1", "code 3 00 1 8:2:900 8:3:0"]
        {
            assert!(Reported::parse(line).is_some(), "{line}");
        }
        for line in [
            "",
            "code",
            "code x 0 0",
            "stop 1 0 0",
            "code 1 0",
            "code 1 zz 0",
            "code 1 0 1 1",
            "code 1 0 1 8:2",
            "code 1 0 1 8:2:3:4",
            "code 1 0 1 8:2:3 8:2:3 8:2:3",
            "code 1 0 99999999999999999999999",
        ] {
            assert_eq!(Reported::parse(line), None, "{line}");
        }
    }

    /// True if a failure ends the command, this long after it and with this text printed after it.
    fn is_one(reported: Ending, ended: Ending, passed: Duration, printed: &str) -> bool {
        let reported = Reported::now(reported, 7);
        let mut reads = LastReads::default();
        reads.push(reported.at, b"error: no price\n");
        reads.push(reported.at + Duration::from_nanos(1), printed.as_bytes());
        let ended = Ended { ending: ended, destination: 7, at: reported.at + passed };
        Failures(vec![reported]).has_end(&ended, &[LastReads::default(), reads])
    }

    #[test]
    fn what_is_printed_later_or_ends_later_or_otherwise_is_another_failure() {
        let one = Ending::Code(1);
        assert!(is_one(one, one, Duration::ZERO, "") && is_one(one, one, SAME_END, ""));
        assert!(!is_one(one, one, SAME_END + Duration::from_nanos(1), ""));
        for printed in ["error: no price\n", "autoheal: x\n", "Aborted\n", "\n", &"x".repeat(1000)] {
            assert!(!is_one(one, one, Duration::ZERO, printed), "{printed}");
        }
        assert!(!is_one(one, Ending::Code(2), Duration::ZERO, ""));
    }

    #[test]
    fn a_shells_exit_code_and_line_stand_for_its_childs_signal() {
        let (signal, code) = (Ending::Signal(SIGSEGV), Ending::Code(139));
        assert!(is_one(signal, code, Duration::ZERO, "") && is_one(signal, signal, Duration::ZERO, ""));
        assert!(!is_one(signal, Ending::Code(11), Duration::ZERO, ""));
        for line in [
            "Segmentation fault\n",
            "Segmentation fault (core dumped)\n",
            "Segmentation fault: 11\n",
            "a.sh: line 2:  4711 Segmentation fault      (core dumped) autoheal run -- ./a\n",
        ] {
            assert!(is_one(signal, code, Duration::ZERO, line), "{line}");
        }
        for line in [
            "Aborted\n",
            "Segmentation fault\nSegmentation fault\n",
            "Segmentation fault in price()\n",
            "error: Segmentation fault\n",
            "Traceback: ValueError\n",
        ] {
            assert!(!is_one(signal, code, Duration::ZERO, line), "{line}");
        }
        // a shell that printed the line and went on was replaced by another command
        assert!(!is_one(signal, signal, Duration::ZERO, "Segmentation fault\n"));
    }

    #[test]
    fn lines_of_programs_that_only_started_the_command_are_no_failure_of_their_own() {
        let (three, two) = (Ending::Code(3), Ending::Code(2));
        for (ended, lines) in [
            (two, "make: *** [Makefile:2: all] Error 3\n"),
            (two, "make[1]: *** [Makefile:2: all] Error 3\nmake: *** [Makefile:5: sub] Error 2\n"),
            (two, "gmake: *** [Makefile:2: all] Error 3\n"),
            (
                three,
                "npm error code 3\nnpm error path /srv/shop\nnpm error command failed\nnpm error command sh -c a\n",
            ),
            (three, "error Command failed with exit code 3.\n"),
            (three, "error: Recipe `test` failed on line 3 with exit code 3\n"),
            (Ending::Code(123), ""),
        ] {
            assert!(is_one(three, ended, Duration::ZERO, lines), "{lines}");
        }
        for (ended, lines) in [
            (two, "make: *** [Makefile:2: all] Error 4\n"),
            (two, "error: no price\nmake: *** [Makefile:2: all] Error 3\n"),
            (two, "npm error code 3\n"),
            (Ending::Code(5), "make: *** [Makefile:2: all] Error 3\n"),
            (three, "npm error path /srv/shop\n"),
            (two, ""),
            (Ending::Code(124), ""),
        ] {
            assert!(!is_one(three, ended, Duration::ZERO, lines), "{lines}");
        }
    }

    #[test]
    fn a_failure_of_another_destination_or_of_a_later_time_does_not_count() {
        let at = SystemTime::now();
        let one =
            |destination, at| Failures(vec![Reported { ending: Ending::Code(1), destination, at, files: Vec::new() }]);
        let ended = Ended { ending: Ending::Code(1), destination: 7, at };
        assert!(one(7, at).has_end(&ended, &[]));
        assert!(!one(8, at).has_end(&ended, &[]));
        assert!(!one(7, at + Duration::from_secs(1)).has_end(&ended, &[]));
    }
}
