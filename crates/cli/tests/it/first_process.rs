//! autoheal as the first process of a container (PID 1), in a PID namespace: orphans, signals, exit codes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::wrapped::{Wrapped, needs};

/// The command as PID 1 of a namespace with its own `/proc`; none where the system refuses namespaces.
fn as_first(wrapper: &Command) -> Option<Command> {
    let options: [&[&str]; 2] = [&["-pf", "--mount-proc"], &["-Urpf", "--mount-proc"]];
    let works = |options: &&&[&str]| {
        Command::new("unshare").args(**options).arg("true").stderr(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    let Some(options) = options.iter().find(works) else {
        println!("left out: this system refuses PID namespaces");
        return None;
    };
    let mut first = Command::new("unshare");
    first.args(*options).arg(wrapper.get_program()).args(wrapper.get_args()).current_dir(wrapper.get_current_dir()?);
    first.env_clear().envs(wrapper.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    Some(first)
}

/// Makes three orphans that end, waits for their end, and prints the number of zombies.
const ORPHANS: &str = "for i in 1 2 3; do sh -c 'sh -c \"sleep 0.05; echo ended >> ended\" > /dev/null &'; done; \
    while [ \"$(cat ended 2> /dev/null | wc -l)\" != 3 ]; do sleep 0.01; done; sleep 0.3; \
    echo zombies $(grep -l '^State:.Z' /proc/[0-9]*/status 2> /dev/null | wc -l); ";

#[tokio::test]
async fn orphans_are_reaped_and_the_commands_own_status_is_kept() {
    for (wrapper, end, code) in
        [("run", "exit 7", 7), ("run", "exit 0", 0), ("mcp", "exit 5", 5), ("run", "kill -TERM $$", 143)]
    {
        let wrapped = Wrapped::new();
        let script = format!("{ORPHANS}{end}");
        let command = ["sh", "-c", &script];
        let wrapper = if wrapper == "run" { wrapped.run(&[], &command) } else { wrapped.mcp(&[], &command) };
        let Some(mut first) = as_first(&wrapper) else { return };
        let output = first.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "zombies 0\n", "{output:?}");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        if wrapper.get_args().next().is_some_and(|name| name == "run") {
            assert_eq!(wrapped.recorded().await.len(), usize::from(code != 0));
        }
    }
}

#[test]
fn signals_reach_the_command_of_the_first_process() {
    needs("pkill", "apt install procps");
    let wrapped = Wrapped::new();
    for name in ["TERM", "INT", "HUP", "USR1"] {
        let script = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.01; done");
        let Some(mut first) = as_first(&wrapped.run(&["--ok", "9"], &["sh", "-c", &script])) else { return };
        let mut child = first.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        // the child of `unshare` is the first process
        let id = child.id().to_string();
        assert!(Command::new("pkill").args([&format!("-{name}"), "-P", &id]).status().unwrap().success());
        output.read_to_string(&mut line).unwrap();
        assert_eq!(line, format!("ready\ngot {name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(9));
    }
}
