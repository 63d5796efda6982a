//! Commands that cannot be started: refused in one line, with the exit codes of shells, and recorded.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::place::autoheal;
use crate::wrapped::{Wrapped, without_autoheals_line};

/// Commands, each with its exit code, words of the sentence, and the error type of its report.
const REFUSED: [(&str, i32, &str, &str); 7] = [
    ("no-such-program", 127, "there is no such program", "ENOENT"),
    ("./plain.txt", 126, "chmod +x", "EACCES"),
    ("/etc", 126, "it is a directory", "EACCES"),
    ("./lost.sh", 127, "`#!/no/such/interpreter`", "ENOENT"),
    ("./lost.sh/x", 126, "Not a directory", "ENOTDIR"),
    ("https://shop.example/mcp", 127, "autoheal mcp --http -- https://shop.example/mcp", "ENOENT"),
    ("", 127, "its name is blank", "ENOENT"),
];

fn place() -> Wrapped {
    let wrapped = Wrapped::new();
    wrapped.file("plain.txt", "no program\n");
    let script = wrapped.file("lost.sh", "#!/no/such/interpreter\n");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    wrapped
}

#[tokio::test]
async fn a_command_that_cannot_be_started_is_refused_in_one_line_and_recorded() {
    for (command, code, words, error_type) in REFUSED {
        for wrapper in ["run", "mcp"] {
            let wrapped = place();
            let command = [command];
            let mut wrap = if wrapper == "run" { wrapped.run(&[], &command) } else { wrapped.mcp(&[], &command) };
            let output = wrap.output().unwrap();
            let said = String::from_utf8(without_autoheals_line(output.stderr)).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{wrapper}: {said}");
            assert!(said.starts_with("autoheal: ") && said.contains(words) && said.lines().count() == 1, "{said}");
            let report = &wrapped.only().await["report"];
            assert_eq!(report["error_type"], error_type, "{report:#}");
            assert!(report["error_message"].as_str().unwrap().contains(words), "{report:#}");
            assert_eq!(report["exit"]["code"], code, "{report:#}");
        }
    }
}

#[tokio::test]
async fn each_missing_program_is_one_failure() {
    let wrapped = place();
    for command in ["uvx", "npx-of-yesterday", "uvx-2", "uvx-2"] {
        for wrapper in ["run", "mcp"] {
            let command = [&format!("/no/{command}")[..]];
            let mut wrap = if wrapper == "run" { wrapped.run(&[], &command) } else { wrapped.mcp(&[], &command) };
            assert_eq!(wrap.stderr(Stdio::null()).status().unwrap().code(), Some(127));
        }
    }
    let serve = wrapped.serve().await;
    assert_eq!((serve.groups().await.len(), serve.count().await), (6, 8));
}

#[tokio::test]
async fn an_expected_exit_code_and_a_missing_command_are_not_recorded() {
    let wrapped = place();
    let expected = wrapped.run(&["--ok", "127"], &["no-such-program"]).output().unwrap();
    assert_eq!(expected.status.code(), Some(127));
    let nothing = autoheal().arg("run").output().await.unwrap();
    assert_eq!(nothing.status.code(), Some(2));
    assert!(wrapped.recorded().await.is_empty());
}

#[tokio::test]
async fn a_command_that_cannot_be_started_within_another_is_recorded_once() {
    for (outer, inner) in [("run", "run"), ("run", "mcp"), ("mcp", "run")] {
        let wrapped = place();
        let command = [env!("CARGO_BIN_EXE_autoheal"), inner, "--", "no-such-program"];
        let mut wrap = if outer == "run" { wrapped.run(&[], &command) } else { wrapped.mcp(&[], &command) };
        // the end of the client's input would end the conversation before
        let mut child = wrap.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdin = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(127));
        drop(stdin);
        assert_eq!(wrapped.serve().await.count().await, 1, "{outer} {inner}");
    }
}

#[test]
fn without_a_temporary_directory_the_sentence_and_the_exit_code_are_the_same() {
    let wrapped = place();
    for (command, code, words, _) in REFUSED {
        let output = wrapped.run(&[], &[command]).env("TMPDIR", "/no/such/directory").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && said.contains(words), "{command}: {said}");
    }
}
