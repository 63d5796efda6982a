//! Starts the command. If that fails: the error message, and the exit code that shells and `env` use.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Error, ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode};

use rustix::io::Errno;

use super::facts::path_of;
use super::nested::note_start_error;
use super::say;

/// Argument with which `autoheal` starts itself, to become the command.
pub(crate) const BECOME: &str = "become";

/// Starts a program; `prepare` sets its streams and variables. A script that names no interpreter is run by the shell.
///
/// On Linux, the command ends when this process ends, even by SIGKILL. The kernel sends that signal when the *thread* that
/// started the command ends, so this is called by the main thread, which ends last. The signal can only be requested by the
/// process that is to receive it, so that process first runs `autoheal become`. If that is impossible, or the system is
/// another one, the command starts without the request. An error of the program itself is then noted in the file that
/// [`Nested`](super::Nested) reads.
pub(crate) fn spawn(
    program: &OsStr,
    arguments: &[OsString],
    prepare: impl Fn(&mut Command) -> io::Result<()>,
) -> io::Result<Child> {
    #[cfg(target_os = "linux")]
    if is_started_by_kernel() {
        let mut command = Command::new(OWN_EXECUTABLE);
        command.arg0("autoheal").arg(BECOME).arg(std::process::id().to_string()).arg(program);
        prepare(command.args(arguments))?;
        if let Ok(child) = command.spawn() {
            return Ok(child);
        }
    }
    let mut command = Command::new(program);
    prepare(command.args(arguments))?;
    match command.spawn() {
        Err(error) if is_script(&error) => {
            let Some(script) = path_of(program) else { return Err(error) };
            let mut shell = Command::new(SHELL);
            prepare(shell.arg(script).args(arguments))?;
            shell.spawn()
        }
        started => started,
    }
}

/// The shell that runs scripts without an interpreter.
const SHELL: &str = "/bin/sh";
/// The running executable, also after an update has replaced its file.
#[cfg(target_os = "linux")]
const OWN_EXECUTABLE: &str = "/proc/self/exe";

/// False if the dynamic loader was started with this program as its argument, because the link then leads to the loader.
#[cfg(target_os = "linux")]
fn is_started_by_kernel() -> bool {
    let executable = std::fs::read_link(OWN_EXECUTABLE).unwrap_or_default();
    let name = executable.file_name().unwrap_or_default().as_encoded_bytes();
    !name.is_empty() && !name.starts_with(b"ld-") && !name.starts_with(b"ld.")
}

fn is_script(error: &Error) -> bool {
    error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error())
}

/// `autoheal become PARENT CMD…`: asks for SIGKILL at the parent's end, and replaces this process by the command.
pub(crate) fn become_command() -> ExitCode {
    let mut words = std::env::args_os().skip(2);
    let (Some(parent), Some(program)) = (words.next(), words.next()) else { return ExitCode::from(2) };
    let arguments: Vec<OsString> = words.collect();
    #[cfg(target_os = "linux")]
    end_with(&parent);
    #[cfg(not(target_os = "linux"))]
    let _unused = parent;
    let mut error = Command::new(&program).args(&arguments).exec();
    if is_script(&error)
        && let Some(script) = path_of(&program)
    {
        error = Command::new(SHELL).arg(script).args(&arguments).exec();
    }
    if !note_start_error(&error) {
        say(&refusal(&program, &error));
    }
    ExitCode::from(code(&error))
}

/// Asks for SIGKILL at the parent's end. If the parent has ended already, ends now. Programs that change their user, such as
/// `sudo`, drop the request.
#[cfg(target_os = "linux")]
fn end_with(parent: &OsStr) {
    use rustix::process::{Signal, getpid, getppid, kill_process, set_parent_process_death_signal};
    // without it, the command outlives a killed parent, as before
    let _unsupported = set_parent_process_death_signal(Some(Signal::KILL));
    let is_parent = |id: rustix::process::Pid| Some(id.as_raw_nonzero().to_string().as_str()) == parent.to_str();
    if !getppid().is_some_and(is_parent) {
        let _impossible = kill_process(getpid(), Signal::KILL);
    }
}

/// The error message: the problem, its reason, and a remedy.
pub(crate) fn refusal(program: &OsStr, error: &Error) -> String {
    let name = program.to_string_lossy();
    let is_url = name.starts_with("http://") || name.starts_with("https://");
    match error.kind() {
        _ if name.trim().is_empty() => "cannot run the command: its name is blank; name a program after --".to_owned(),
        ErrorKind::NotFound if is_url => {
            format!("cannot run {name}: it is a URL; to relay to it: autoheal mcp --http -- {name}")
        }
        ErrorKind::NotFound if Path::new(program).is_file() => match first_line(program) {
            Some(line) => {
                format!("cannot run {name}: the interpreter that its first line names does not exist: `{line}`")
            }
            None => format!("cannot run {name}: its loader is missing; was it built for another system?"),
        },
        ErrorKind::PermissionDenied if Path::new(program).is_dir() => {
            format!("cannot run {name}: it is a directory; name a program in it")
        }
        ErrorKind::NotFound => format!("cannot run {name}: there is no such program; check its name and PATH"),
        ErrorKind::PermissionDenied => {
            format!("cannot run {name}: it is not executable; check it with `ls -l`, make it executable with chmod +x")
        }
        _ => format!("cannot run {name}: {error}"),
    }
}

/// The error message for a report. It has the program's name without its directory, because a path does not count when
/// failures are grouped.
pub(crate) fn reported_refusal(program: &OsStr, error: &Error) -> String {
    let sentence = refusal(program, error);
    let path = program.to_string_lossy();
    let name = Path::new(program).file_name().filter(|_| !path.contains("://")).unwrap_or(program);
    sentence.replacen(&*path, &name.to_string_lossy(), 1)
}

/// The words of a system error, without `(os error 28)`.
pub(crate) fn words(error: &Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// The name of a system error as C programs and Node write it, such as `ENOENT`.
pub(crate) fn error_name(error: &Error) -> &'static str {
    let names = [
        (Errno::NOENT, "ENOENT"),
        (Errno::ACCESS, "EACCES"),
        (Errno::PERM, "EPERM"),
        (Errno::NOEXEC, "ENOEXEC"),
        (Errno::TOOBIG, "E2BIG"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::ISDIR, "EISDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::NAMETOOLONG, "ENAMETOOLONG"),
        (Errno::TXTBSY, "ETXTBSY"),
        (Errno::MFILE, "EMFILE"),
        (Errno::NFILE, "ENFILE"),
        (Errno::IO, "EIO"),
        (Errno::NOSPC, "ENOSPC"),
        (Errno::DQUOT, "EDQUOT"),
        (Errno::FBIG, "EFBIG"),
        (Errno::INVAL, "EINVAL"),
    ];
    let found = names.iter().find(|(errno, _)| Some(errno.raw_os_error()) == error.raw_os_error());
    found.map_or("system error", |(_, name)| name)
}
/// The first line of a script that names its interpreter.
fn first_line(program: &OsStr) -> Option<String> {
    let mut first = [0; 128];
    let read = File::open(program).ok()?.read(&mut first).ok()?;
    let text = String::from_utf8_lossy(first.get(..read)?).into_owned();
    let line = text.lines().next()?.trim_end();
    line.starts_with("#!").then(|| line.chars().filter(|c| !c.is_control()).collect())
}

/// The exit code: 127 if there is no such program, 126 if it cannot be run.
pub(crate) fn code(error: &Error) -> u8 {
    if error.kind() == ErrorKind::NotFound { 127 } else { 126 }
}
