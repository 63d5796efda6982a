//! Ends of conversations through `autoheal mcp`: by either side, by signals, by kill -9, and before the start.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use crate::wrapped::{Wrapped, needs, without_autoheals_line};

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

/// A server that has printed `ready`.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(mut mcp: Command) -> Self {
        let mut child = mcp.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self { stdin: child.stdin.take(), child, stdout }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Its output after `ready` on both streams, and its exit status. Its input stays open.
    fn end(mut self) -> (String, String, ExitStatus) {
        let (mut rest, mut errors) = (String::new(), Vec::new());
        self.stdout.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_end(&mut errors).unwrap();
        (rest, String::from_utf8(without_autoheals_line(errors)).unwrap(), self.child.wait().unwrap())
    }
}

/// Creates a named pipe, which a server can still use after its other streams are closed.
fn fifo(wrapped: &Wrapped, name: &str) -> PathBuf {
    let path = wrapped.path().join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[tokio::test]
async fn exit_codes_and_signals_are_those_of_the_server() {
    let wrapped = Wrapped::new();
    for code in [0, 1, 77, 255] {
        let status = wrapped.mcp(&[], &["sh", "-c", &format!("exit {code}")]).status().unwrap();
        assert_eq!(status.code(), Some(code));
    }
    for (name, signal) in [("KILL", SIGKILL), ("TERM", SIGTERM), ("SEGV", 11)] {
        let status = wrapped.mcp(&[], &["sh", "-c", &format!("kill -{name} $$")]).status().unwrap();
        assert_eq!(status.signal(), Some(signal));
    }
}

#[test]
fn the_end_of_input_reaches_the_server() {
    let wrapped = Wrapped::new();
    let mut running = Running::start(wrapped.mcp(&[], &["sh", "-c", "echo ready; cat; echo bye; exit 3"]));
    running.stdin.take().unwrap().write_all(b"last words\n").unwrap();
    let (rest, errors, status) = running.end();
    assert_eq!((rest.as_str(), errors.as_str(), status.code()), ("last words\nbye\n", "", Some(3)));
}

#[tokio::test]
async fn terminating_signals_reach_the_server() {
    let wrapped = Wrapped::new();
    for name in ["INT", "TERM", "HUP"] {
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.01; done");
        let running = Running::start(wrapped.mcp(&[], &["sh", "-c", &script]));
        running.signal(name);
        let (rest, errors, status) = running.end();
        assert_eq!((rest.as_str(), errors.as_str(), status.code()), (format!("got {name}\n").as_str(), "", Some(9)));
    }
    let running = Running::start(wrapped.mcp(&[], &["sh", "-c", "echo ready; exec sleep 1000"]));
    running.signal("TERM");
    assert_eq!(running.end().2.signal(), Some(SIGTERM));
    // `ready` is not a protocol message; apart from that, a server stopped by a signal from outside has not failed
    let recorded = wrapped.recorded().await;
    assert!(recorded.iter().all(|sample| sample["report"]["class"] == "protocol_error"), "{recorded:#?}");
}

#[test]
fn a_killed_wrapper_closes_the_servers_input() {
    let wrapped = Wrapped::new();
    let gone = fifo(&wrapped, "gone");
    // the server itself ends with the wrapper, where the system can do that; its child does not
    let script = "exec 3<&0; (cat <&3 > /dev/null; echo ended > gone) & echo ready; wait";
    let running = Running::start(wrapped.mcp(&[], &["sh", "-c", script]));
    running.signal("KILL");
    let mut said = String::new();
    File::open(&gone).unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "ended\n");
    assert_eq!(running.end().2.signal(), Some(SIGKILL));
}

#[test]
fn a_client_that_stops_reading_ends_a_server_that_writes() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let python = "import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)\nprint('ready', flush=True)\nwhile True: print('x')";
    for command in [&["sh", "-c", "echo ready; exec yes"][..], &["python3", "-c", python]] {
        let mut running = Running::start(wrapped.mcp(&[], command));
        drop(running.stdout);
        let mut errors = Vec::new();
        running.child.stderr.take().unwrap().read_to_end(&mut errors).unwrap();
        assert_eq!((running.child.wait().unwrap().signal(), without_autoheals_line(errors)), (Some(13), Vec::new()));
    }
}

/// The server polls its standard output for errors, as event loops do.
#[test]
fn a_client_that_stops_reading_is_noticed_by_a_server_that_waits() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let python = "import select\nprint('ready', flush=True)\npoll = select.poll(); poll.register(1, 0); poll.poll()\nraise SystemExit(5)";
    let mut running = Running::start(wrapped.mcp(&[], &["python3", "-c", python]));
    drop(running.stdout);
    assert_eq!(running.child.wait().unwrap().code(), Some(5));
}

#[test]
fn a_server_that_stops_reading_is_noticed_by_its_client() {
    let wrapped = Wrapped::new();
    let gate = fifo(&wrapped, "gate");
    let mut running =
        Running::start(wrapped.mcp(&[], &["sh", "-c", "exec < /dev/null; echo ready; read line < gate; exit 4"]));
    let mut stdin = running.stdin.take().unwrap();
    // if the pipe were not closed, it would fill up and this would never return
    let error = loop {
        if let Err(error) = stdin.write_all(&[b'\n'; 4096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    File::options().write(true).open(gate).unwrap().write_all(b"on\n").unwrap();
    assert_eq!(running.end().2.code(), Some(4));
}

#[test]
fn output_of_a_child_that_outlives_the_server_passes_without_delaying_its_end() {
    let wrapped = Wrapped::new();
    let gate = fifo(&wrapped, "gate");
    let script = "(read line < gate; echo \"late $line\"; echo late error >&2) & echo ready; exit 6";
    let mut running = Running::start(wrapped.mcp(&[], &["sh", "-c", script]));
    // while the client's input is still open
    assert_eq!(running.child.wait().unwrap().code(), Some(6));
    File::options().write(true).open(gate).unwrap().write_all(b"word\n").unwrap();
    let (rest, errors, _) = running.end();
    assert_eq!((rest.as_str(), errors.as_str()), ("late word\n", "late error\n"));
}

#[test]
fn a_client_that_does_not_read_can_end_the_wrapper_by_a_signal() {
    let wrapped = Wrapped::new();
    let ended = fifo(&wrapped, "ended");
    // the remaining output fits into the server's pipe, but not into the client's
    let script = "echo ready; head -c 300000 /dev/zero; echo over > ended";
    let running = Running::start(wrapped.mcp(&[], &["sh", "-c", script]));
    let mut said = String::new();
    File::open(&ended).unwrap().read_to_string(&mut said).unwrap();
    let mut running = running;
    loop {
        running.signal("TERM");
        if let Some(status) = running.child.try_wait().unwrap() {
            assert!(status.code() == Some(0) || status.signal() == Some(SIGTERM), "{status:?}");
            break;
        }
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn killing_the_wrapper_loses_no_report() {
    let wrapped = Wrapped::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let options = ["--url", &format!("http://{address}")];
    // `ready` is not a message: the first failure, still being delivered when the second one happens
    let script =
        r#"echo ready; read call; echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no price"}}'; cat"#;
    let mut running = Running::start(wrapped.mcp(&options, &["sh", "-c", script]));
    let (mut delivery, _) = silent.accept().unwrap();
    running.stdin.as_mut().unwrap().write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"price\"}\n").unwrap();
    while wrapped.spooled() < 2 {
        std::thread::yield_now();
    }
    // the first delivery still waits for its response: the second failure was spooled without waiting for it
    delivery.set_nonblocking(true).unwrap();
    let error = delivery.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    running.signal("KILL");
    assert_eq!(running.child.wait().unwrap().signal(), Some(SIGKILL));
    drop(delivery);
    drop(silent);
    let mut serve = crate::place::autoheal();
    serve.args(["serve", "--listen", &address, "--rate-limit", "0", "--store"]).arg(wrapped.place.store());
    let serve = wrapped.place.serve_with(serve).await;
    assert_eq!(wrapped.run(&options, &["sh", "-c", "exit 3"]).output().unwrap().status.code(), Some(3));
    assert_eq!((wrapped.spooled(), serve.count().await), (0, 3));
}
