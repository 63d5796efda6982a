//! Starts the command. If that fails: the error message, and the exit code that shells and `env` use.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, Command};

use rustix::io::Errno;

use super::facts::path_of;

/// Starts a program; `prepare` sets its streams and variables. A script that names no interpreter is run by the shell.
pub(crate) fn spawn(
    program: &OsStr,
    arguments: &[OsString],
    prepare: impl Fn(&mut Command) -> io::Result<()>,
) -> io::Result<Child> {
    let mut command = Command::new(program);
    prepare(command.args(arguments))?;
    match command.spawn() {
        Err(error) if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            let Some(script) = path_of(program) else { return Err(error) };
            let mut shell = Command::new("/bin/sh");
            prepare(shell.arg(script).args(arguments))?;
            shell.spawn()
        }
        started => started,
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
