//! Output that cannot be written, because the disk is full: the command ends as it would without autoheal, and the report
//! names the reason.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::wrapped::{Wrapped, needs};

/// Python that writes at its exit only, because the text fits into its buffer.
const AT_EXIT: &[&str] = &["python3", "-c", "print('x' * 3000)"];
/// Python that writes more than a pipe holds.
const MUCH: &[&str] = &["python3", "-c", "for _ in range(400): print('x' * 3000)"];

/// Standard streams of a command in the shell: `OUT` is a file on a full disk.
const ONLY_OUTPUT: &str = "\"$@\" > OUT";
const APPENDED: &str = "\"$@\" >> OUT";
const BOTH: &str = "\"$@\" > OUT 2>&1";
const ERRORS: &str = "\"$@\" 2> OUT";

/// Runs a command in the shell with its streams on a full disk, directly and wrapped; returns both endings.
fn both(wrapped: &Wrapped, streams: &str, out: &Path, command: &[&str]) -> (ExitStatus, ExitStatus) {
    let script = streams.replace("OUT", out.to_str().unwrap());
    let run = wrapped.run(&[], command);
    let shell = |words: Vec<&std::ffi::OsStr>| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, "sh"]).args(words).stdin(Stdio::null()).current_dir(wrapped.path());
        shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    };
    let direct = shell(command.iter().map(std::ffi::OsStr::new).collect());
    (direct, shell([run.get_program()].into_iter().chain(run.get_args()).collect()))
}

/// True if the report names the full disk.
fn names_it(sample: &Value) -> bool {
    let report = sample["report"].to_string();
    report.contains("No space left on device") || report.contains("ENOSPC")
}

#[tokio::test]
async fn a_command_hears_of_a_full_disk_as_it_would_directly() {
    needs("python3", "apt install python3");
    let full = Path::new("/dev/full");
    for streams in [ONLY_OUTPUT, APPENDED, BOTH] {
        for command in [&["echo", "x"][..], AT_EXIT, MUCH, &["dd", "if=/dev/zero", "bs=4096", "count=100"]] {
            let wrapped = Wrapped::new();
            let (direct, ours) = both(&wrapped, streams, full, command);
            assert!(!direct.success());
            assert_eq!(ours, direct, "{streams} {command:?}");
            let sample = wrapped.only().await;
            assert!(names_it(&sample), "{streams} {command:?}: {sample:#}");
        }
    }
}

#[tokio::test]
async fn a_full_file_system_is_noticed_too() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let disk = wrapped.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"]).arg(&disk).output().unwrap();
    if !mounted.status.success() {
        println!("left out: a file system can be mounted by root only");
        return;
    }
    for (streams, command) in [(ONLY_OUTPUT, MUCH), (APPENDED, MUCH), (BOTH, MUCH), (ONLY_OUTPUT, &["cat", "/bin/sh"])]
    {
        let (direct, ours) = both(&wrapped, streams, &disk.join("out"), command);
        assert!(!direct.success() && direct == ours, "{streams} {command:?}: {direct} {ours}");
    }
    let recorded = wrapped.recorded().await;
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert!(!recorded.is_empty() && recorded.iter().all(names_it), "{recorded:#?}");
}

#[tokio::test]
async fn a_full_disk_behind_standard_error_changes_nothing() {
    needs("python3", "apt install python3");
    let errors =
        "import sys\nfor at in range(100):\n  try: print('x' * 3000, file=sys.stderr)\n  except OSError: pass\n";
    for command in [&["ls", "/"][..], &["python3", "-c", errors], &["sh", "-c", "echo x >&2; echo y >&2; exit 3"]] {
        let wrapped = Wrapped::new();
        let (direct, ours) = both(&wrapped, ERRORS, Path::new("/dev/full"), command);
        assert_eq!(direct, ours, "{command:?}");
    }
    // through a pipe of `mcp`, whose server must not end because its log is full
    let wrapped = Wrapped::new();
    let script = "i=0; while [ $i -lt 300 ]; do head -c 3000 /dev/zero >&2; i=$((i+1)); done; exit 7";
    let mut mcp = wrapped.mcp(&[], &["sh", "-c", script]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(mcp.stderr(full).status().unwrap().code(), Some(7));
}

#[tokio::test]
async fn output_to_a_file_is_evidence_and_stays_as_it_is() {
    let wrapped = Wrapped::new();
    let log = wrapped.file("log", "error: of another day\n");
    let script = "echo start; echo 'error: no price' >&2; exit 3";
    let mut run = wrapped.run(&[], &["sh", "-c", script]);
    let file = || File::options().append(true).open(&log).unwrap();
    assert_eq!(run.stdout(file()).stderr(file()).status().unwrap().code(), Some(3));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "error: of another day\nstart\nerror: no price\n");
    let report = &wrapped.only().await["report"];
    assert_eq!(report["error_message"], "error: no price", "{report:#}");
    assert!(!report.to_string().contains("another day"), "{report:#}");
}

#[tokio::test]
async fn what_a_pipe_hides_is_a_failure_too() {
    // a file that cannot be read needs a pipe
    let wrapped = Wrapped::new();
    let script = wrapped.file("writes.sh", "echo one; sleep 0.2; echo two; exit 0\n");
    let mut run = wrapped.mcp(&[], &["sh", script.to_str().unwrap()]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = run.stdout(full).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(wrapped.recorded().await.iter().any(names_it));
}

#[test]
fn a_file_of_another_user_is_written_as_before() {
    let wrapped = Wrapped::new();
    let log = wrapped.file("log", "");
    std::fs::set_permissions(&log, std::fs::Permissions::from_mode(0o200)).unwrap();
    let mut file = File::options().append(true).open(&log).unwrap();
    let mut run = wrapped.run(&[], &["sh", "-c", "echo written; exit 0"]);
    assert!(run.stdout(file.try_clone().unwrap()).status().unwrap().success());
    file.write_all(b"after\n").unwrap();
    std::fs::set_permissions(&log, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "written\nafter\n");
}
