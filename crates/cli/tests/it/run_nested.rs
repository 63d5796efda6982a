//! A `run` or `mcp` within another: a failure that the inner one reported is reported once, another one by the outer.

use crate::wrapped::{Wrapped, needs, with_input};

const AUTOHEAL: &str = env!("CARGO_BIN_EXE_autoheal");

/// Runs a script of the shell, in which `RUN` stands for `autoheal run --`; returns the exit code and the number of recorded
/// occurrences.
async fn occurrences(script: &str) -> (Option<i32>, u64) {
    let wrapped = Wrapped::new();
    let script = script.replace("RUN", &format!("{AUTOHEAL} run --"));
    let output = wrapped.output(&["sh", "-c", &script]);
    (output.status.code(), wrapped.serve().await.count().await)
}

#[tokio::test]
async fn a_failure_that_the_inner_command_reported_is_reported_once() {
    for (script, code) in [
        ("exec RUN false", 1),
        ("RUN false", 1),
        ("RUN RUN false", 1),
        ("echo start; RUN false", 1),
        ("echo error: early >&2; RUN sh -c 'echo error: late >&2; exit 4'", 4),
        ("RUN sh -c 'echo error: no price >&2; exit 3' || exit 3", 3),
        ("RUN false; exit 0", 0),
        ("RUN sh -c 'kill -SEGV $$'", 139),
    ] {
        assert_eq!(occurrences(script).await, (Some(code), 1), "{script}");
    }
}

#[tokio::test]
async fn another_failure_after_the_inner_one_is_reported_too() {
    for (script, code) in [
        ("RUN false; exit 3", 3),
        ("RUN false; echo error: no price >&2; exit 1", 1),
        ("RUN sh -c 'echo error: early >&2; exit 1'; echo error: late >&2; exit 1", 1),
        ("RUN sh -c 'exit 3'; RUN sh -c 'exit 4'", 4),
    ] {
        assert_eq!(occurrences(script).await, (Some(code), 2), "{script}");
    }
}

#[tokio::test]
async fn what_make_and_xargs_say_about_the_inner_command_is_no_failure_of_its_own() {
    needs("make", "apt install make");
    let makefile = "printf 'all:\\n\\t@RUN sh -c \"echo error: no price; exit 3\"\\nother:\\n\\t@RUN true; exit 3\\n' > Makefile; ";
    for (script, code, count) in [
        ("make --no-print-directory", 2, 1),
        ("make -C . --no-print-directory >&2", 2, 1),
        ("echo 'all:\n\t@make -f Makefile all' > outer; make --no-print-directory -f outer", 2, 1),
        ("echo a | xargs RUN false", 123, 1),
        // failures of their own
        ("make --no-print-directory other", 2, 1),
        ("make --no-print-directory || true; echo error: no discount >&2; exit 2", 2, 2),
        ("echo a | xargs RUN false || true; exit 124", 124, 2),
    ] {
        let script = format!("{makefile}{script}");
        assert_eq!(occurrences(&script).await, (Some(code), count), "{script}");
    }
}

#[tokio::test]
async fn nested_commands_that_print_to_a_file_are_reported_once() {
    for (script, code, count) in [
        ("exec > log 2>&1; exec RUN false", 1, 1),
        ("exec RUN sh -c 'echo error: no price; exit 3'", 3, 1),
        ("RUN sh -c 'echo error: no price; exit 3'; echo error: no discount; exit 3", 3, 2),
        ("RUN sh -c 'kill -SEGV $$'", 139, 1),
    ] {
        let wrapped = Wrapped::new();
        let script = script.replace("RUN", &format!("{AUTOHEAL} run --"));
        let log = std::fs::File::create(wrapped.path().join("output")).unwrap();
        let mut run = wrapped.run(&[], &["sh", "-c", &script]);
        let status = run.stdout(log.try_clone().unwrap()).stderr(log).status().unwrap();
        assert_eq!(status.code(), Some(code), "{script}");
        assert_eq!(wrapped.serve().await.count().await, count, "{script}");
    }
}

#[tokio::test]
async fn a_later_failure_that_ends_alike_is_reported_too() {
    for (script, code) in [
        // the same last line
        (
            "RUN sh -c 'echo E KeyError: a; echo 1 failed; exit 1' || true; echo E ValueError: b; echo 1 failed; exit 1",
            1,
        ),
        // a line as of autoheal's own
        ("RUN false || true; echo error: no price >&2; echo autoheal: x >&2; exit 1", 1),
        // a signal ended the inner command
        ("RUN sh -c 'kill -SEGV $$' || true; echo error: no price >&2; exit 139", 139),
        ("RUN sh -c 'kill -ABRT $$' || true; exec sh -c 'echo error: no price >&2; kill -ABRT $$'", 134),
        // later without a line; the pause is what is tested
        ("RUN false || true; sleep 1.2; exit 1", 1),
    ] {
        let wrapped = Wrapped::new();
        let script = script.replace("RUN", &format!("{AUTOHEAL} run --"));
        let status = wrapped.output(&["sh", "-c", &script]).status;
        let ended = status.code().or_else(|| std::os::unix::process::ExitStatusExt::signal(&status).map(|s| 128 + s));
        assert_eq!(ended, Some(code), "{script}");
        assert_eq!(wrapped.serve().await.count().await, 2, "{script}");
    }
}

#[tokio::test]
async fn a_failure_that_the_inner_command_reported_elsewhere_is_the_outers_too() {
    for options in
        ["run --store other.db", "run --url http://127.0.0.1:9", "run --store /proc/x.db", "mcp --store other.db"]
    {
        let script = format!("exec {AUTOHEAL} {options} -- sh -c 'echo error: no price >&2; exit 3'");
        assert_eq!(occurrences(&script).await, (Some(3), 1), "{script}");
    }
    // the same place by another name
    let wrapped = Wrapped::new();
    let script = format!("exec {AUTOHEAL} run --store sqlite:$AUTOHEAL_STORE -- false");
    assert_eq!(wrapped.output(&["sh", "-c", &script]).status.code(), Some(1));
    assert_eq!(wrapped.serve().await.count().await, 1);
}

#[tokio::test]
async fn a_command_cannot_hide_its_failure_by_a_line_for_the_future_or_a_malformed_one() {
    let script = "echo x code 1 $AUTOHEAL_REPORTED >> $AUTOHEAL_REPORTED; \
                  echo code 7 0000000000000000 9999999999999999999 >> $AUTOHEAL_REPORTED; exit 7";
    assert_eq!(occurrences(script).await, (Some(7), 1));
    // after a real one, they are ignored
    let script = "RUN false; echo code 1 0000000000000000 9999999999999999999 >> $AUTOHEAL_REPORTED; exit 1";
    assert_eq!(occurrences(script).await, (Some(1), 1));
}

#[tokio::test]
async fn another_failure_of_a_server_after_the_inner_one_is_reported_too() {
    let wrapped = Wrapped::new();
    let script = format!("{AUTOHEAL} run -- sh -c 'exit 5' || true; echo error: no price >&2; exit 5");
    let mut command = wrapped.mcp(&[], &["sh", "-c", &script]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    drop(stdin);
    assert_eq!(wrapped.serve().await.count().await, 2);
}

#[tokio::test]
async fn a_misspelled_setting_is_named_with_each_report_and_never_without_a_failure() {
    let wrapped = Wrapped::new();
    for (options, command, is_named) in [
        (&[][..], &["sh", "-c", "printf broken >&2; exit 1"][..], true),
        (&["--quiet"], &["sh", "-c", "printf broken >&2; exit 1"], true),
        (&[], &["true"], false),
    ] {
        let output = wrapped.run(options, command).env("AUTOHEAL_REMOT", "true").output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        let line =
            "broken\nautoheal: AUTOHEAL_REMOT is not a setting and has no effect; did you mean AUTOHEAL_REMOTE?\n";
        assert_eq!(errors, if is_named { line } else { "" }, "{options:?} {command:?}");
    }
}

#[tokio::test]
async fn a_failure_that_the_inner_command_does_not_report_is_the_outers() {
    assert_eq!(occurrences(&format!("exec {AUTOHEAL} run --ok 3 -- sh -c 'exit 3'")).await, (Some(3), 1));
    assert_eq!(occurrences("RUN no-such-program").await, (Some(127), 1));
    // the file of another command is neither created nor written
    let wrapped = Wrapped::new();
    let other = wrapped.file("other", "");
    for path in [other.to_str().unwrap(), wrapped.path().join("autoheal-reported-gone").to_str().unwrap()] {
        assert_eq!(
            wrapped.run(&[], &["false"]).env("AUTOHEAL_REPORTED", path).output().unwrap().status.code(),
            Some(1)
        );
    }
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "");
    assert!(!wrapped.path().join("autoheal-reported-gone").exists());
}

#[tokio::test]
async fn no_file_is_left_behind() {
    let wrapped = Wrapped::new();
    let temporary = tempfile::tempdir().unwrap();
    for command in [&["false"][..], &["true"], &[AUTOHEAL, "run", "--", "false"], &["sh", "-c", "kill -SEGV $$"]] {
        let _failed = wrapped.run(&[], command).env("TMPDIR", temporary.path()).output().unwrap();
        assert_eq!(temporary.path().read_dir().unwrap().count(), 0, "{command:?}");
    }
}

#[tokio::test]
async fn the_end_of_a_server_is_reported_once_by_run_in_mcp_and_mcp_in_run() {
    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"price\"}}\n";
    let crash = "read line; echo error: no price >&2; exit 3";
    for (outer, inner) in [("run", "mcp"), ("mcp", "run"), ("mcp", "mcp")] {
        let wrapped = Wrapped::new();
        let command = [AUTOHEAL, inner, "--", "sh", "-c", crash];
        let mut outer_command = if outer == "run" { wrapped.run(&[], &command) } else { wrapped.mcp(&[], &command) };
        // the end of the client's input would end the conversation before
        outer_command.stdin(std::process::Stdio::piped());
        let mut child =
            outer_command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, call).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(3), "{outer} {inner}");
        drop(stdin);
        assert_eq!(wrapped.serve().await.count().await, 1, "{outer} {inner}");
    }
    let wrapped = Wrapped::new();
    assert_eq!(with_input(wrapped.run(&[], &["cat"]), call).status.code(), Some(0));
}

/// Asserts that each report of these is anonymous.
async fn assert_anonymous(wrapped: &Wrapped, case: &str) {
    let senders: Vec<_> = wrapped.recorded().await.into_iter().map(|it| it["sender"].clone()).collect();
    assert!(!senders.is_empty() && senders.iter().all(|it| it == "anonymous"), "{case}: {senders:?}");
}

#[tokio::test]
async fn a_command_around_a_remote_one_is_anonymous() {
    let says = "sh -c 'echo ValueError: visitor says no >&2; exit 1'";
    let hangs = "sh -c 'echo ValueError: visitor says no >&2; exec sleep 60'";
    for script in [
        format!("RUN --remote -- {says} || {{ echo server down >&2; exit 2; }}"),
        format!("RUN --remote -- {says} || exit 3"),
        format!("AUTOHEAL_REMOTE=true RUN -- {says} || exit 3"),
        format!("timeout 1 AUTOHEAL run --remote -- {hangs}"),
        // the one in between is killed
        format!("timeout -s KILL 1 AUTOHEAL run -- AUTOHEAL run --remote -- {hangs}"),
        format!("RUN -- sh -c \"AUTOHEAL run --remote -- {}\" || exit 3", says.replace('"', "")),
        // as ever, with a server that fails
        format!("AUTOHEAL mcp --remote -- {says} </dev/null || exit 3"),
        // the file is full or ends within a line
        format!("head -c 70000 /dev/zero >> $AUTOHEAL_REPORTED; RUN --remote -- {says} || exit 3"),
    ] {
        let wrapped = Wrapped::new();
        let script = script.replace("RUN", &format!("{AUTOHEAL} run")).replace("AUTOHEAL ", &format!("{AUTOHEAL} "));
        assert!(!wrapped.output(&["sh", "-c", &script]).status.success(), "{script}");
        assert_anonymous(&wrapped, &script).await;
    }
}

#[tokio::test]
async fn a_server_is_anonymous_from_the_start_of_a_remote_command_within_it() {
    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"price\"}}\n";
    let server = r#"read line; echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no price"}}'; cat >&2"#;
    for (prefix, sender) in [(format!("{AUTOHEAL} run --remote -- true; "), "anonymous"), (String::new(), "local")] {
        let wrapped = Wrapped::new();
        with_input(wrapped.mcp(&[], &["sh", "-c", &format!("{prefix}{server}")]), call);
        assert_eq!(wrapped.only().await["sender"], sender);
    }
}

#[tokio::test]
async fn nothing_within_a_remote_command_undoes_it() {
    for undo in ["AUTOHEAL_REMOTE=false", "AUTOHEAL_REMOTE=", "env -u AUTOHEAL_REMOTE"] {
        for inner in ["run --remote=false", "run"] {
            let wrapped = Wrapped::new();
            let script = format!("{undo} {AUTOHEAL} {inner} -- sh -c 'echo no price >&2; exit 3' || exit 4");
            let status = wrapped.run(&["--remote"], &["sh", "-c", &script]).status().unwrap();
            assert_eq!(status.code(), Some(4), "{script}");
            assert_anonymous(&wrapped, &script).await;
        }
    }
}
