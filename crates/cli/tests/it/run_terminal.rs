//! `autoheal run` on a terminal: the command sees a terminal of the same size and modes, Ctrl-C and Ctrl-Z work, and a
//! recorded failure prints one line.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};

use std::os::unix::process::ExitStatusExt;

use pty_process::Size;
use pty_process::blocking::{Command, Pty};

use crate::wrapped::{Wrapped, needs};

/// A command on a terminal of its own.
struct OnTerminal {
    pty: Pty,
    child: Child,
    seen: String,
}

impl OnTerminal {
    fn start(wrapped: &Wrapped, command: &[&str]) -> Self {
        let run = wrapped.run(&["--ok", "9"], command);
        Self::exec(run.get_program().to_str().unwrap(), &run)
    }

    /// Starts `program` with the arguments and variables of `run`.
    fn exec(program: &str, run: &std::process::Command) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(33, 77)).unwrap();
        let variables = run.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let command = Command::new(program).args(run.get_args()).env_clear().envs(variables);
        let command = command.env("PS1", "$ ").current_dir(run.get_current_dir().unwrap());
        let child = command.spawn(pts).unwrap();
        Self { pty, child, seen: String::new() }
    }

    fn read(&mut self) -> bool {
        let mut some = [0; 4096];
        let mut file = File::from(self.pty.as_fd().try_clone_to_owned().unwrap());
        match file.read(&mut some) {
            Ok(0) => false,
            Ok(read) => {
                self.seen.push_str(&String::from_utf8_lossy(&some[..read]));
                true
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => true,
            // a pseudo-terminal ends with an error
            Err(_) => false,
        }
    }

    /// Reads until this text is printed, and drops everything up to it.
    fn until(&mut self, text: &str) {
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return;
            }
            assert!(self.read(), "{text:?} was never printed: {:?}", self.seen);
        }
    }

    fn types(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).unwrap();
    }

    /// The rest of its output, and its exit status.
    fn end(mut self) -> (String, ExitStatus) {
        while self.read() {}
        (self.seen, self.child.wait().unwrap())
    }
}

#[test]
fn the_command_sees_a_terminal_of_the_same_size() {
    needs("python3", "apt install python3");
    let text = "import os\nprint([os.isatty(fd) for fd in range(3)], *os.get_terminal_size(1))\n\
                name = input('name? ')\nprint('\\x1b[1mhello', name)";
    let wrapped = Wrapped::new();
    let mut running = OnTerminal::start(&wrapped, &["python3", "-c", text]);
    running.until("[True, True, True] 77 33");
    running.until("name? ");
    running.types("ada\n");
    running.until("\x1b[1mhello ada\r\n");
    assert!(running.end().1.success());
}

#[test]
fn a_new_size_reaches_the_command() {
    needs("python3", "apt install python3");
    let text = "import os, signal\ndef changed(*_):\n    if os.get_terminal_size(1) == (99, 44): os.write(1, b'changed'); os._exit(0)\n\
                signal.signal(signal.SIGWINCH, changed)\nos.write(1, b'ready')\nwhile True: signal.pause()";
    let wrapped = Wrapped::new();
    let mut running = OnTerminal::start(&wrapped, &["python3", "-c", text]);
    running.until("ready");
    running.pty.resize(Size::new(44, 99)).unwrap();
    running.until("changed");
    let (rest, status) = running.end();
    assert!(status.success(), "{status:?}: {rest:?}");
}

#[tokio::test]
async fn control_c_reaches_the_command_once() {
    needs("python3", "apt install python3");
    let wrapped = Wrapped::new();
    let text = "import os, signal\ntimes = []\n\
                def caught(*_): times.append(1); os.write(1, b'caught')\n\
                signal.signal(signal.SIGINT, caught)\nos.write(1, b'ready')\ninput()\nprint('times', len(times), flush=True)\n\
                signal.signal(signal.SIGINT, signal.SIG_DFL)\nos.kill(os.getpid(), signal.SIGINT)";
    let mut running = OnTerminal::start(&wrapped, &["python3", "-c", text]);
    running.until("ready");
    running.types("\x03");
    running.until("caught");
    // a second, forwarded signal would have come before this line
    running.types("\n");
    running.until("times 1\r\n");
    let (rest, status) = running.end();
    assert!(status.signal() == Some(2) && !rest.contains("autoheal"), "{rest}");
    assert!(wrapped.recorded().await.is_empty());
}

#[test]
fn control_z_stops_and_fg_continues() {
    let wrapped = Wrapped::new();
    let run = wrapped.run(&[], &["sh", "-c", "echo re''ady; read line; echo got $line"]);
    let mut words = vec![run.get_program().to_str().unwrap().to_owned()];
    words.extend(run.get_args().map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"))));
    let mut shell = wrapped.run(&[], &[]);
    shell = {
        let mut plain = std::process::Command::new("bash");
        plain.args(["--norc", "--noprofile", "-i"]).current_dir(wrapped.path());
        plain.envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        plain
    };
    let mut running = OnTerminal::exec("bash", &shell);
    running.until("$ ");
    running.types(&format!("{}\n", words.join(" ")));
    running.until("ready\r\n");
    running.types("\x1a");
    running.until("Stopped");
    running.until("$ ");
    running.types("fg\n");
    running.until("read line; echo got");
    running.types("word\n");
    running.until("got word");
    running.types("exit 0\n");
    assert!(running.end().1.success());
}

#[test]
fn modes_set_on_the_output_apply_to_the_input_and_are_restored() {
    needs("python3", "apt install python3");
    // raw mode, as full-screen programs set it, then a crash
    let text = "import os, sys, tty\ntty.setraw(1)\nprint('raw', flush=True)\nos.write(1, b'key ' + os.read(0, 1))\nos._exit(9)";
    let wrapped = Wrapped::new();
    let run = wrapped.run(&["--ok", "9"], &["python3", "-c", text]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "\"$@\"; stty -a | grep -o '.icanon'; stty -a | grep -o '.echo '", "sh"]);
    shell.arg(run.get_program()).args(run.get_args()).current_dir(wrapped.path());
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut running = OnTerminal::exec("sh", &shell);
    running.until("raw");
    // without an end of line
    running.types("q");
    running.until("key q");
    let (rest, _) = running.end();
    assert!(rest.contains(" icanon") && rest.contains(" echo"), "{rest:?}");
}

const FAILS: [&str; 3] = ["sh", "-c", "echo broken >&2; exit 5"];

#[test]
fn a_terminal_gets_one_line_about_a_recorded_failure() {
    let wrapped = Wrapped::new();
    for seen in ["seen once", "seen 2 times", "seen 3 times"] {
        let run = default_store(wrapped.run(&[], &FAILS));
        let (printed, status) = OnTerminal::exec(run.get_program().to_str().unwrap(), &run).end();
        assert_eq!(status.code(), Some(5));
        let line = format!(
            "autoheal: recorded exit code 5: broken ({seen}); see it with `autoheal serve` at http://127.0.0.1:8787/"
        );
        assert_eq!(printed, format!("broken\r\n{line}\r\n"));
    }
    // another failure has a count of its own
    let run = default_store(wrapped.run(&[], &["sh", "-c", "echo other >&2; exit 6"]));
    let (printed, _) = OnTerminal::exec(run.get_program().to_str().unwrap(), &run).end();
    assert!(printed.starts_with("other\r\nautoheal: recorded exit code 6: other (seen once)"), "{printed:?}");
}

#[test]
fn the_line_names_the_store_on_the_command_line() {
    let wrapped = Wrapped::new();
    let (printed, _) = OnTerminal::start(&wrapped, &FAILS).end();
    let store = wrapped.place.store();
    assert!(printed.contains(&format!("see it with `autoheal serve --store {}` at", store.display())), "{printed:?}");
}

#[tokio::test]
async fn quiet_and_a_pipe_get_no_line() {
    let wrapped = Wrapped::new();
    let quiet = wrapped.run(&["--quiet"], &FAILS);
    let (printed, status) = OnTerminal::exec(quiet.get_program().to_str().unwrap(), &quiet).end();
    assert_eq!((printed.as_str(), status.code()), ("broken\r\n", Some(5)));
    let output = wrapped.output(&FAILS);
    assert_eq!((output.stderr.as_slice(), output.status.code()), (b"broken\n".as_slice(), Some(5)));
    // standard output is a terminal, standard error a file
    let run = wrapped.run(&[], &FAILS);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$@\" 2> errors", "sh"]).arg(run.get_program()).args(run.get_args());
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(wrapped.path());
    let (printed, _) = OnTerminal::exec("sh", &shell).end();
    assert_eq!(printed, "");
    assert_eq!(std::fs::read_to_string(wrapped.path().join("errors")).unwrap(), "broken\n");
    assert_eq!(wrapped.serve().await.count().await, 3, "each of the three failures is recorded");
}

#[test]
fn problems_are_printed_with_quiet_too() {
    let wrapped = Wrapped::new();
    let run = wrapped.run(&["--quiet", "--url", "http://127.0.0.1:9"], &FAILS);
    let (printed, _) = OnTerminal::exec(run.get_program().to_str().unwrap(), &run).end();
    assert!(printed.starts_with("broken\r\nautoheal: this failure could not be reported yet"), "{printed:?}");
}

#[test]
fn the_line_comes_on_a_line_of_its_own_without_control_characters_and_cut() {
    let wrapped = Wrapped::new();
    let script = format!("printf 'bad \\033[31mprice\\033[0m \\033]0;title\\007{}' >&2; exit 5", "x".repeat(500));
    let run = default_store(wrapped.run(&[], &["sh", "-c", &script]));
    let (printed, _) = OnTerminal::exec(run.get_program().to_str().unwrap(), &run).end();
    let (_, line) = printed.split_once("\r\n").unwrap();
    let line = line.strip_suffix("\r\n").unwrap();
    assert!(line.starts_with("autoheal: recorded exit code 5: bad price xxx"), "{line:?}");
    assert!(line.contains("x... (seen once); see it with"), "{line:?}");
    assert!(line.len() < 180 && !line.contains(char::is_control), "{line:?}");
}

#[tokio::test]
async fn the_line_names_the_service_that_has_the_failure() {
    let (here, there) = (Wrapped::new(), Wrapped::new());
    let serve = there.serve().await;
    let url = format!("http://{}", serve.address);
    let run = here.run(&["--url", &url], &FAILS);
    let (printed, _) = OnTerminal::exec(run.get_program().to_str().unwrap(), &run).end();
    assert_eq!(printed, format!("broken\r\nautoheal: recorded exit code 5: broken; see it at {url}/\r\n"));
}

#[tokio::test]
async fn the_line_says_when_a_running_service_records_the_failure() {
    let wrapped = Wrapped::new();
    let _serve = wrapped.serve().await;
    let (printed, _) = OnTerminal::start(&wrapped, &FAILS).end();
    let line = "autoheal: saved exit code 5: broken; another autoheal uses the store; `autoheal serve`, or the next \
                command that reports, records it";
    assert_eq!(printed, format!("broken\r\n{line}\r\n"));
}

/// Records in the store of the data directory, which has no name on the command line.
fn default_store(mut run: std::process::Command) -> std::process::Command {
    run.env_remove("AUTOHEAL_STORE");
    run
}

#[test]
fn a_terminal_that_hangs_up_ends_the_commands_output_too() {
    // the command ignores the hang-up, and exits at the first line it cannot print
    let script = "trap '' HUP; echo ready; while echo 'a line that is one of many'; do :; done; exit 9";
    let wrapped = Wrapped::new();
    let mut running = OnTerminal::start(&wrapped, &["sh", "-c", script]);
    running.until("ready");
    let OnTerminal { pty, mut child, .. } = running;
    drop(pty);
    assert_eq!(child.wait().unwrap().code(), Some(9));
}
