//! Ends of commands: by signals, out of memory, in a burst of output, before their children, without a reader.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::wrapped::{Wrapped, needs};

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGPIPE: i32 = 13;
const SIGTERM: i32 = 15;

/// A command that has printed `ready`.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(mut run: Command) -> Self {
        let mut child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self { child, output }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Its output after `ready`, and its exit status.
    fn end(mut self) -> (String, std::process::ExitStatus) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap())
    }
}

#[tokio::test]
async fn a_crash_by_signal_is_repeated_and_recorded() {
    for (name, signal) in [("SEGV", SIGSEGV), ("KILL", SIGKILL)] {
        let wrapped = Wrapped::new();
        let output = wrapped.output(&["sh", "-c", &format!("echo working; kill -{name} $$")]);
        assert_eq!((output.status.signal(), output.stdout.as_slice()), (Some(signal), b"working\n".as_slice()));
        let sample = wrapped.only().await;
        assert_eq!(sample["report"]["exit"], json!({"signal": format!("SIG{name}")}), "{sample:#}");
        assert_eq!(sample["report"]["logs"][0]["message"], "working");
        assert_eq!(sample["severity"], "critical");
    }
}

#[tokio::test]
async fn a_real_segmentation_fault_is_recorded() {
    needs("cc", "apt install gcc");
    let wrapped = Wrapped::new();
    wrapped.file(
        "crash.c",
        "#include <stdio.h>\nint main(void) { puts(\"so far\"); fflush(stdout); return *(volatile int *)8; }\n",
    );
    let compiled = Command::new("cc").args(["crash.c", "-o", "crash"]).current_dir(wrapped.path()).status().unwrap();
    assert!(compiled.success());
    assert_eq!(wrapped.output(&["./crash"]).status.signal(), Some(SIGSEGV));
    let report = &wrapped.only().await["report"];
    assert_eq!(report["error_type"], "SIGSEGV");
    assert!(report["error_message"].as_str().unwrap().starts_with("crash was ended by SIGSEGV"), "{report:#}");
}

#[tokio::test]
async fn running_out_of_memory_is_critical() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    wrapped.file("grow.py", "def grow(): return bytearray(1 << 40)\ngrow()\n");
    let limited = wrapped.output(&["sh", "-c", "ulimit -v 2000000; exec python3 grow.py"]);
    assert_eq!(limited.status.code(), Some(1), "{limited:?}");
    let sample = wrapped.only().await;
    assert_eq!((&sample["report"]["error_type"], &sample["severity"]), (&json!("MemoryError"), &json!("critical")));
    assert_eq!(sample["frames"][0]["function"], "grow");
}

#[tokio::test]
async fn a_burst_of_output_passes_whole_and_only_its_end_is_recorded() {
    let wrapped = Wrapped::new();
    // two streams without a line end, then a failure
    let script = "head -c 100000000 /dev/zero | tr '\\0' x; head -c 100000000 /dev/zero | tr '\\0' y >&2; echo; echo 'the end' >&2; exit 4";
    let mut run = wrapped.run(&[], &["sh", "-c", script]);
    let mut child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut output, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let counting = std::thread::spawn(move || count(&mut output, || {}));
    let (process, mut peak) = (child.id(), 0);
    let error_bytes = count(&mut errors, || peak = peak.max(peak_memory(process)));
    assert_eq!((counting.join().unwrap(), error_bytes), (100_000_001, 100_000_008));
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!((1..32 * 1024).contains(&peak), "{peak} KiB");
    let report = &wrapped.only().await["report"];
    assert!(report["error_message"].as_str().unwrap().ends_with("the end"), "{report:#}");
    assert!(report.to_string().len() < 200_000);
}

/// Counts the bytes of a stream; calls `after_read` after each read.
fn count(from: &mut impl Read, mut after_read: impl FnMut()) -> usize {
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match from.read(&mut buffer).unwrap() {
            0 => return bytes,
            read => bytes += read,
        }
        after_read();
    }
}

/// Peak memory of a running process, in KiB.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
    peak.unwrap_or(0)
}

#[tokio::test]
async fn output_of_a_child_that_outlives_the_command_passes_without_delaying_its_end() {
    let wrapped = Wrapped::new();
    let gate = wrapped.path().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    // the child prints when the test opens the gate, which is after the command's end
    let script = "(read line < gate; echo \"late $line\"; echo late error >&2) & echo early; exit 6";
    let mut run = wrapped.run(&[], &["sh", "-c", script]);
    let mut child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6));
    std::fs::File::options().write(true).open(&gate).unwrap().write_all(b"word\n").unwrap();
    let (mut output, mut errors) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((output.as_str(), errors.as_str()), ("early\nlate word\n", "late error\n"));
    assert_eq!(wrapped.only().await["report"]["error_type"], "exit code 6");
}

#[tokio::test]
async fn a_reader_that_stops_early_is_no_failure() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let endless = "while True: print('line')";
    for command in [&["yes"][..], &["python3", "-c", endless]] {
        let mut run = wrapped.run(&[], command);
        let mut child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        drop(output);
        let ended = child.wait_with_output().unwrap();
        assert!(!ended.status.success());
        if command.len() == 1 {
            assert_eq!((ended.status.signal(), ended.stderr.len()), (Some(SIGPIPE), 0), "{ended:?}");
        }
    }
    assert!(wrapped.recorded().await.is_empty());
}

#[tokio::test]
async fn signals_reach_the_command_and_decide_how_it_ends() {
    let wrapped = Wrapped::new();
    for name in ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] {
        // the command waits for the signal only
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.01; done");
        let running = Running::start(wrapped.run(&["--ok", "9"], &["sh", "-c", &script]));
        running.signal(name);
        let (rest, status) = running.end();
        assert_eq!((rest.as_str(), status.code()), (format!("got {name}\n").as_str(), Some(9)));
    }
    for (name, signal) in [("INT", SIGINT), ("TERM", SIGTERM)] {
        let running = Running::start(wrapped.run(&[], &["sh", "-c", "echo ready; exec sleep 1000"]));
        running.signal(name);
        assert_eq!(running.end().1.signal(), Some(signal));
    }
    let running =
        Running::start(wrapped.run(&[], &["sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done"]));
    running.signal("TERM");
    assert_eq!(running.end().1.code(), Some(9));
    assert!(wrapped.recorded().await.is_empty(), "a command stopped by a signal from outside has not failed");
}

#[test]
fn a_service_that_never_responds_delays_the_end_by_two_seconds_at_most() {
    let wrapped = Wrapped::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let began = Instant::now();
    let output = wrapped.run(&["--url", &url], &["sh", "-c", "exit 3"]).output().unwrap();
    let took = began.elapsed();
    assert!(took < Duration::from_millis(2_300), "{took:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), wrapped.spooled()), (Some(3), 1), "{said}");
    assert!(said.starts_with("autoheal: ") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_signal_ends_run_although_its_output_is_stuck() {
    let wrapped = Wrapped::new();
    let gone = wrapped.path().join("gone");
    assert!(Command::new("mkfifo").arg(&gone).status().unwrap().success());
    let mut run = wrapped.run(&[], &["sh", "-c", "exec 3>gone; head -c 200000 /dev/zero"]);
    let mut child = run.stdout(Stdio::piped()).spawn().unwrap();
    // the command has closed the pipe: it has ended, and its output is stuck
    std::fs::read(&gone).unwrap();
    // repeated, because a signal that arrives before the end is noticed is forwarded to the command
    let status = loop {
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::yield_now(),
        }
    };
    assert_eq!(status.signal(), Some(SIGTERM));
}

#[tokio::test]
async fn a_directory_that_no_longer_exists_is_left_out() {
    let wrapped = Wrapped::new();
    let gone = wrapped.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let run = wrapped.run(&[], &["sh", "-c", "exit 4"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "rmdir ../gone; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(&gone);
    assert_eq!(shell.status().unwrap().code(), Some(4));
    let report = &wrapped.only().await["report"];
    assert_eq!(report["reproduction"], report["command"], "{report:#}");
    assert_eq!(report["context"]["directory"], json!(null));
}

#[tokio::test]
async fn a_command_that_signals_its_own_group_still_counts_as_failed() {
    let wrapped = Wrapped::new();
    let mut run = wrapped.run(&[], &["sh", "-c", "trap 'trap - TERM; kill 0' EXIT; echo broken >&2; exit 5"]);
    let status = run.process_group(0).status().unwrap();
    assert_eq!(status.signal(), Some(SIGTERM));
    assert_eq!(wrapped.only().await["report"]["logs"][0]["message"], "broken");
}

#[test]
fn other_terminating_signals_reach_the_command_too() {
    let wrapped = Wrapped::new();
    for name in ["ALRM", "VTALRM", "PROF", "ABRT", "IO"] {
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.01; done");
        let running = Running::start(wrapped.run(&["--ok", "9"], &["sh", "-c", &script]));
        running.signal(name);
        let (rest, status) = running.end();
        assert_eq!((rest.as_str(), status.code()), (format!("got {name}\n").as_str(), Some(9)));
    }
}

#[test]
fn an_alarm_that_was_set_for_the_command_reaches_it() {
    needs("perl", "apt install perl");
    let wrapped = Wrapped::new();
    let run = wrapped.run(&["--ok", "9"], &["sh", "-c", "trap 'exit 9' ALRM; while :; do sleep 0.01; done"]);
    let mut perl = Command::new("perl");
    perl.args(["-e", "alarm 1; exec @ARGV", "--"]).arg(run.get_program()).args(run.get_args());
    perl.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert_eq!(perl.status().unwrap().code(), Some(9));
}

#[test]
fn output_after_the_end_passes_with_a_replaced_executable_and_a_nonblocking_pipe() {
    let wrapped = Wrapped::new();
    let copy = wrapped.path().join("copy");
    std::fs::copy(env!("CARGO_BIN_EXE_autoheal"), &copy).unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let gate = wrapped.path().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    // the executable is removed meanwhile, as by an update, and the pipe is non-blocking
    let script = "rm copy; (read line < gate; head -c 300000 /dev/zero) & exit 0";
    let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
    rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut run = Command::new(&copy);
    run.args(["run", "--", "sh", "-c", script]).current_dir(wrapped.path()).stdin(Stdio::null()).stdout(writer);
    let said = wrapped.path().join("said");
    assert!(run.stderr(std::fs::File::create(&said).unwrap()).status().unwrap().success());
    drop(run);
    assert_eq!(std::fs::read_to_string(&said).unwrap(), "");
    std::fs::File::options().write(true).open(&gate).unwrap().write_all(b"word\n").unwrap();
    assert_eq!(count(&mut reader, || {}), 300_000);
}

#[test]
fn a_command_notices_at_once_that_its_reader_has_gone() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    // the command waits for the end of its reader, without printing
    let text = "import select, sys\nwaiting = select.poll()\nwaiting.register(1, 0)\nprint('ready', flush=True)\n\
                sys.stderr.write('noticed' if waiting.poll(20000) else 'timeout')";
    let Running { mut child, output } = Running::start(wrapped.run(&[], &["python3", "-c", text]));
    drop(output);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), "noticed"));
}
