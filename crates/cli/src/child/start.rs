//! What is said when the command cannot even be started, as shells and `env` say it.

use std::ffi::OsStr;
use std::io::{Error, ErrorKind};

/// One sentence: what, why, and what to do.
pub(crate) fn refusal(program: &OsStr, error: &Error) -> String {
    let name = program.to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => format!("cannot run {name}: there is no such program; check its name and PATH"),
        ErrorKind::PermissionDenied => {
            format!(
                "cannot run {name}: it may not be executed; check it with `ls -l`, make it executable with chmod +x"
            )
        }
        _ => format!("cannot run {name}: {error}"),
    }
}

/// 127 where there is no such program, 126 where it cannot be run.
pub(crate) fn code(error: &Error) -> u8 {
    if error.kind() == ErrorKind::NotFound { 127 } else { 126 }
}
