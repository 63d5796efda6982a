//! A wrapper that is killed by SIGKILL: its command ends with it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::wrapped::{Wrapped, needs};

const AUTOHEAL: &str = env!("CARGO_BIN_EXE_autoheal");
/// Python that ignores the end of its input and every signal that can be ignored, and prints its process id.
const STUBBORN: &str = "import os, signal, time\n\
    for name in ('SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE'): signal.signal(getattr(signal, name), signal.SIG_IGN)\n\
    print(os.getpid(), flush=True)\ntime.sleep(600)";

/// A wrapper whose command has printed its process id.
fn started(mut wrapper: Command) -> (Child, u32) {
    let mut child = wrapper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

/// Waits until a process has ended.
#[track_caller]
fn assert_ends(process: u32) {
    let until = Instant::now() + Duration::from_secs(20);
    let is_alive = || {
        let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        !status.is_empty() && !status.contains(") Z ")
    };
    while is_alive() {
        assert!(Instant::now() < until, "process {process} is still alive");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_command_ends_with_a_killed_wrapper() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let python = ["python3", "-c", STUBBORN];
    let nested = [&[AUTOHEAL, "run", "--"][..], &python].concat();
    let shell = ["sh", "-c", "exec python3 -c \"$1\"", "sh", STUBBORN];
    for wrapper in [
        wrapped.run(&[], &python),
        wrapped.mcp(&[], &python),
        wrapped.run(&[], &nested),
        wrapped.mcp(&[], &nested),
        wrapped.run(&[], &shell),
    ] {
        let (mut child, process) = started(wrapper);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_ends(process);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_command_started_in_the_background_stays_as_directly() {
    let wrapped = Wrapped::new();
    let wrapper = wrapped.run(&[], &["sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $!; wait"]);
    let (mut child, process) = started(wrapper);
    let stat = || std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // the shell's child has its number before it is `sleep`
    let until = Instant::now() + Duration::from_secs(20);
    while !stat().contains("(sleep) S") {
        assert!(Instant::now() < until, "{}", stat());
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(stat().contains("(sleep) "), "{}", stat());
    assert!(Command::new("kill").arg(process.to_string()).status().unwrap().success());
}

#[test]
fn the_command_sees_nothing_of_the_wrappers_help() {
    let wrapped = Wrapped::new();
    let script = "echo \"$0\" \"$#\" \"$PWD\"; tr '\\0' ' ' < /proc/$$/cmdline; ls /proc/self/fd | wc -l";
    let command = ["sh", "-c", script, "name", "a b", ""];
    let ours = wrapped.run(&[], &command).output().unwrap();
    let mut direct = Command::new(command[0]);
    let direct = direct.args(&command[1..]).stdin(Stdio::null()).current_dir(wrapped.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ours.stdout), String::from_utf8_lossy(&direct.stdout));
}
