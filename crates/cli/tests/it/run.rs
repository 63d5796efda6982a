//! `autoheal run` with commands that succeed: output and exit code pass unchanged, and nothing is recorded.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use crate::place::autoheal;
use crate::settings::sentence;
use crate::wrapped::{Wrapped, plain, with_input};

#[test]
fn output_and_exit_codes_pass_unchanged() {
    let wrapped = Wrapped::new();
    for script in [
        "",
        "echo out; echo err >&2",
        "printf 'no end of line'",
        "printf '\\377\\376\\000 no UTF-8'; printf '\\300' >&2",
        "head -c 3000000 /dev/urandom | sha256sum; head -c 300000 /dev/zero",
        "exit 7",
        "echo error >&2; exit 255",
    ] {
        let command = ["sh", "-c", script];
        let (wrapped, plain) = (wrapped.output(&command), plain(&command));
        assert_eq!(wrapped.status, plain.status, "{script}");
        assert_eq!(wrapped.stderr, plain.stderr, "{script}");
        // the digest of random bytes differs, its length does not
        assert_eq!(wrapped.stdout.len(), plain.stdout.len(), "{script}");
        assert!(script.contains("urandom") || wrapped.stdout == plain.stdout, "{script}");
    }
}

#[test]
fn all_input_reaches_the_command() {
    let input: Vec<u8> = (0..3_000_000_u32).map(|at| (at * 7 % 251) as u8).collect();
    let output = with_input(Wrapped::new().run(&[], &["cat"]), &input);
    assert!(output.status.success() && output.stdout == input && output.stderr.is_empty());
}

#[test]
fn output_and_errors_in_one_file_keep_their_order() {
    let wrapped = Wrapped::new();
    let script = "i=0; while [ $i -lt 200 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
    let log = std::fs::File::create(wrapped.path().join("log")).unwrap();
    let mut run = wrapped.run(&[], &["sh", "-c", script]);
    assert!(run.stdout(log.try_clone().unwrap()).stderr(log).status().unwrap().success());
    let expected: String = (0..200).map(|i| format!("out {i}\nerr {i}\n")).collect();
    assert_eq!(std::fs::read_to_string(wrapped.path().join("log")).unwrap(), expected);
}

#[tokio::test]
async fn success_and_expected_exit_codes_record_nothing() {
    let wrapped = Wrapped::new();
    assert!(wrapped.output(&["true"]).status.success());
    assert!(!wrapped.path().join("data").exists() && !wrapped.place.store().exists(), "a success creates no file");
    let expected = wrapped.run(&["--ok", "1,2"], &["sh", "-c", "exit 2"]).output().unwrap();
    assert_eq!((expected.status.code(), expected.stderr.len()), (Some(2), 0));
    assert!(wrapped.recorded().await.is_empty());
}

#[tokio::test]
async fn options_of_the_command_reach_the_command() {
    let wrapped = Wrapped::new();
    let output = wrapped.output(&["printf", "%s|", "--ok", "--help", "-v", "--", "a b"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--ok|--help|-v|--|a b|");
    let bare = autoheal().args(["run", "/usr/bin/printf", "%s|", "--ok", "--help"]).output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&bare.stdout), "--ok|--help|", "{bare:?}");
    let wrong = autoheal().args(["run", "--bogus", "--", "true"]).output().await.unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("--bogus"), "{wrong:?}");
}

#[test]
fn ignored_signals_stay_ignored() {
    let wrapped = Wrapped::new();
    let run = wrapped.run(&[], &["sh", "-c", "kill -HUP $PPID; kill -HUP $$; echo survived"]);
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    nohup.env("XDG_DATA_HOME", wrapped.path()).stdin(Stdio::null());
    let output = nohup.output().unwrap();
    assert_eq!((output.status.code(), output.status.signal()), (Some(0), None), "{output:?}");
    assert_eq!(output.stdout, b"survived\n");
}

#[tokio::test]
async fn completions_and_manual_are_generated() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = autoheal().args(["completions", shell]).output().await.unwrap();
        let text = String::from_utf8(script.stdout).unwrap();
        assert!(script.status.success() && text.contains("explain") && text.contains("ok"), "{shell}: {text}");
    }
    let bash = autoheal().args(["completions", "bash"]).output().await.unwrap();
    let mut check = Command::new("bash");
    check.arg("-n");
    let checked = with_input(check, &bash.stdout);
    assert!(checked.status.success(), "{checked:?}");
    for (page, word) in [(&["man"][..], "autoheal\\-serve"), (&["man", "run"], "\\-\\-ok")] {
        let output = autoheal().args(page).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(".TH ") && text.contains(word) && text.contains("Examples:"), "{text}");
    }
    let unknown = autoheal().args(["man", "relay"]).output().await.unwrap();
    assert!(sentence(&unknown).contains("no command `relay`"));
}

#[test]
fn a_script_that_names_no_interpreter_is_run_by_the_shell() {
    let wrapped = Wrapped::new();
    let script = wrapped.file("plain", "echo \"$0 $1\"; exit 7\n");
    assert!(Command::new("chmod").arg("+x").arg(&script).status().unwrap().success());
    let path = format!("{}:{}", wrapped.path().display(), std::env::var("PATH").unwrap());
    for program in ["./plain", "plain"] {
        let ours = wrapped.run(&[], &[program, "a b"]).env("PATH", &path).output().unwrap();
        let theirs = Command::new("env").args([program, "a b"]).env("PATH", &path).current_dir(wrapped.path()).output();
        let theirs = theirs.unwrap();
        assert_eq!((ours.status.code(), ours.stdout), (theirs.status.code(), theirs.stdout), "{:?}", ours.stderr);
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let wrapped = Wrapped::new();
    let mut run = wrapped.run(&[], &["sh", "-c", "exit 6"]);
    for name in ["AUTOHEAL_URL", "AUTOHEAL_KEY", "AUTOHEAL_SCRUB"] {
        run.env(name, "");
    }
    let output = run.env("AUTOHEAL_STORE", "").output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(6), 0), "{output:?}");
}
