//! `autoheal mcp` passes every byte in both directions, of any content and amount.

use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::place::random;
use crate::wrapped::{Wrapped, needs, with_input, without_autoheals_line};

/// Asserts that input to `cat` comes back unchanged through the wrapper.
#[track_caller]
fn assert_echo(wrapped: &Wrapped, input: &[u8]) {
    let output = with_input(wrapped.mcp(&[], &["cat"]), input);
    assert!(output.status.success(), "{:?}", output.status);
    assert!(output.stdout == input, "{} bytes became {} others", input.len(), output.stdout.len());
    // bytes that are no message are reported, but the server itself prints nothing
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.lines().all(|line| line.starts_with("autoheal: ")), "{said}");
}

#[test]
fn every_byte_passes_in_both_directions() {
    let wrapped = Wrapped::new();
    let mut random = random();
    let any: Vec<u8> = (0..3_000_000).map(|_| random.u8(..)).collect();
    assert_echo(&wrapped, &any);
    let every: Vec<u8> = (0..=u8::MAX).collect();
    for odd in
        [&b""[..], b"\n", b"\r\n\r\n", b"\0\n\0", b"no line end", b"\xff\xfe{\n", b"[]\n{}\nnull\n\"\"\n", &every]
    {
        assert_echo(&wrapped, odd);
    }
}

#[test]
fn messages_in_arbitrary_pieces_pass_unchanged() {
    let wrapped = Wrapped::new();
    let mut random = random();
    let mut input = Vec::new();
    for id in 0..2_000 {
        let text: String = (0..random.usize(..2_000)).map(|_| random.char(..)).filter(|c| !c.is_control()).collect();
        let call = serde_json::json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": text}});
        writeln!(input, "{call}").unwrap();
    }
    let mut run = wrapped.mcp(&[], &["cat"]);
    let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, pieces) = (child.stdin.take().unwrap(), input.clone());
    let writing = thread::spawn(move || {
        let mut rest = pieces.as_slice();
        while !rest.is_empty() {
            let (piece, others) = rest.split_at(random.usize(1..=rest.len().min(5_000)));
            stdin.write_all(piece).unwrap();
            rest = others;
        }
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.stdout == input);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_hundred_megabytes_without_a_line_end_pass_both_ways_at_once() {
    assert_echo(&Wrapped::new(), &vec![b'x'; 100_000_000]);
}

/// Both sides write before they read, so a relay with one thread for both directions would deadlock.
#[test]
fn full_pipes_in_all_directions_do_not_block_each_other() {
    const MUCH: usize = 20_000_000;
    let wrapped = Wrapped::new();
    let script = format!("head -c {MUCH} /dev/zero & head -c {MUCH} /dev/zero >&2 & cat | wc -c > counted; wait");
    let Output { status, stdout, stderr } = with_input(wrapped.mcp(&[], &["sh", "-c", &script]), &vec![b'\n'; MUCH]);
    assert_eq!((status.code(), stdout.len(), without_autoheals_line(stderr).len()), (Some(0), MUCH, MUCH));
    let counted = std::fs::read_to_string(wrapped.path().join("counted")).unwrap();
    assert_eq!(counted.trim(), MUCH.to_string());
}

#[test]
fn a_response_passes_while_all_streams_stay_open() {
    let wrapped = Wrapped::new();
    let mut run = wrapped.mcp(&[], &["cat"]);
    let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for message in [&b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n"[..], b"a piece of a line", b"\n"] {
        stdin.write_all(message).unwrap();
        let mut echo = vec![0; message.len()];
        stdout.read_exact(&mut echo).unwrap();
        assert_eq!(echo, message);
    }
    drop(stdin);
    assert_eq!(stdout.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert!(child.wait().unwrap().success());
}

#[test]
fn standard_error_passes_separately() {
    let wrapped = Wrapped::new();
    let output = wrapped.mcp(&[], &["sh", "-c", "echo out; printf 'err \\377\\000' >&2"]).output().unwrap();
    assert_eq!((output.stdout, without_autoheals_line(output.stderr)), (b"out\n".to_vec(), b"err \xff\0".to_vec()));
}

#[test]
fn the_environment_is_unchanged_without_wide_logs() {
    let wrapped = Wrapped::new();
    let lines = |mut run: Command| {
        run.env("FORCE_COLOR", "1").env("COLUMNS", "80");
        let mut lines: Vec<String> =
            String::from_utf8(run.output().unwrap().stdout).unwrap().lines().map(str::to_owned).collect();
        // for a nested `run` or `mcp`
        lines.retain(|line| !line.starts_with("AUTOHEAL_REPORTED="));
        lines.sort();
        lines
    };
    let direct = wrapped.mcp(&[], &[]);
    let mut env = Command::new("env");
    env.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert_eq!(lines(wrapped.mcp(&[], &["env"])), lines(env));
    let wide = lines(wrapped.mcp(&["--wide-logs"], &["env"]));
    assert!(wide.contains(&"COLUMNS=400".to_owned()) && wide.contains(&"NO_COLOR=1".to_owned()), "{wide:?}");
    assert!(wide.iter().all(|line| !line.starts_with("FORCE_COLOR")), "{wide:?}");
}

/// Clients on Node start servers with sockets instead of pipes.
#[test]
fn a_node_client_can_use_a_server_through_the_wrapper() {
    needs("node", "apt install nodejs");
    let wrapped = Wrapped::new();
    let run = wrapped.mcp(&[], &["cat"]);
    let script = "const {spawn} = require('child_process'); const server = spawn(process.argv[1], process.argv.slice(2), {stdio: 'pipe'});
        let text = '', errors = ''; server.stderr.on('data', (piece) => errors += piece);
        server.stdout.on('data', (piece) => { text += piece; if (text.length === 1e6) server.stdin.end(); });
        server.on('close', (code, signal) => console.log(text.length, text === 'x'.repeat(1e6), errors.replace(/^autoheal: recorded: .*\\n/, ''), code, signal));
        server.stdin.write('x'.repeat(1e6));";
    let mut node = Command::new("node");
    node.args(["-e", script]).arg(run.get_program()).args(run.get_args());
    node.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = node.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1000000 true  0 null\n", "{output:?}");
}
