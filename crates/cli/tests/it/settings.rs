//! Help texts, and refusals of invalid settings that name the setting.

use std::process::Output;

use crate::place::{Place, autoheal};

/// Starts `serve` with arguments and variables that are refused; returns its message.
async fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let place = Place::new();
    let output = place.command().args(arguments).envs(variables.iter().copied()).output().await.unwrap();
    let said = sentence(&output);
    assert!(!place.store().exists(), "a refused command creates no store");
    said
}

#[track_caller]
pub(crate) fn sentence(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(said.starts_with("autoheal: ") && said.lines().count() == 1, "expected one line: {said}");
    said
}

#[tokio::test]
async fn help_starts_with_examples() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["serve", "--help"],
        &["explain", "--help"],
        &["run", "--help"],
        &["run", "-h"],
        &["mcp", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
        &["backup", "--help"],
        &["erase", "--help"],
        &["help", "serve"],
        &["help", "run"],
    ] {
        let output = autoheal().args(arguments).output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.starts_with("Examples:\n  autoheal "), "{arguments:?}: {text}");
    }
    for level in [None, Some("warn")] {
        let nothing = autoheal().envs(level.map(|level| ("AUTOHEAL_LOG", level))).output().await.unwrap();
        assert!(String::from_utf8_lossy(&nothing.stderr).starts_with("Examples:"), "{nothing:?}");
        assert_eq!(nothing.status.code(), Some(2));
    }
}

/// What is printed for arguments and variables with characters that control a terminal or hide text.
#[tokio::test]
async fn no_character_of_an_argument_or_a_variable_controls_the_terminal() {
    const HOSTILE: &str = "a\u{1b}]0;b\u{7}\u{1b}[31m\u{9b}31m\u{202e}c\u{200b}\u{2066}";
    let (option, path) = (format!("--{HOSTILE}"), format!("/dev/null/{HOSTILE}"));
    let place = Place::new();
    let store = place.store();
    let own = place.directory.path().join(HOSTILE).to_str().unwrap().to_owned();
    let cases: &[&[&str]] = &[
        &["explain", &path],
        &["explain", "--output", &path],
        &["explain", "--rules", &path, "-"],
        &["run", "--", &path],
        &["run", &option, "--", "true"],
        &["mcp", "--", &path],
        &["mcp", "--http", &path],
        &["mcp", "--http", "--listen", HOSTILE, "--", "http://127.0.0.1:9"],
        &["backup", &path],
        &["backup", "--store", &path, &own],
        &["backup", "--store", store.to_str().unwrap(), &own],
        &["erase", HOSTILE],
        &["serve", "--store", &path],
        &["serve", &option],
        &[HOSTILE],
        &[&option],
        &["help", HOSTILE],
        &["man", HOSTILE],
        &["completions", HOSTILE],
        &["serve", "--help"],
        &["run", "--help"],
    ];
    drop(place.serve().await);
    for arguments in cases {
        let mut command = autoheal();
        // shown in the help
        command.args(*arguments).env("AUTOHEAL_STORE", &own).stdin(std::process::Stdio::null());
        let output = command.output().await.unwrap();
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let is_hidden = |c: &char| c.is_control() && *c != '\n' || ('\u{200b}'..='\u{206f}').contains(c);
        assert!(!printed.is_empty() && printed.chars().find(is_hidden).is_none(), "{arguments:?}: {printed:?}");
    }
    let mut served = autoheal();
    served.env("AUTOHEAL_LOG", "info").stdout(std::process::Stdio::null());
    served.args(["serve", "--listen", "127.0.0.1:0", "--store", &own]).stderr(std::process::Stdio::piped());
    let mut serve = served.kill_on_drop(true).spawn().unwrap();
    let mut log = tokio::io::BufReader::new(serve.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("store=") {
        line.clear();
        assert!(tokio::io::AsyncBufReadExt::read_line(&mut log, &mut line).await.unwrap() > 0, "no store in the log");
    }
    assert!(line.contains("\\u{202e}c\\u{200b}") && !line.trim_end().contains(char::is_control), "{line:?}");
}

#[tokio::test]
async fn help_shows_no_secret_of_the_environment() {
    let secrets = [
        ("AUTOHEAL_KEY", "made-up-1"),
        ("AUTOHEAL_OPERATOR_TOKEN", "made-up-2"),
        ("AUTOHEAL_AGENT_TOKEN", "made-up-3"),
    ];
    for command in ["serve", "run"] {
        let output = autoheal().args([command, "--help"]).envs(secrets).output().await.unwrap();
        assert!(!String::from_utf8_lossy(&output.stdout).contains("made-up"), "{command}");
    }
}

#[tokio::test]
async fn a_list_of_unset_secrets_is_refused_by_name() {
    for name in ["AUTOHEAL_OPERATOR_TOKEN", "AUTOHEAL_KEY"] {
        for blank in [",", " , ,"] {
            let said = refused(&[], &[(name, blank)]).await;
            assert!(said.contains(name) && said.contains("holds no secret"), "{said}");
        }
    }
}

#[tokio::test]
async fn a_switch_without_a_repository_is_refused_by_name() {
    for switch in ["--issue", "--pr", "--heal"] {
        let said = refused(&[switch], &[("GITHUB_TOKEN", "made-up")]).await;
        assert!(said.contains("AUTOHEAL_REPO") && said.contains("owner/name"), "{said}");
    }
    for (name, value) in
        [("AUTOHEAL_ISSUE", "true"), ("IPFS_AUTO_ISSUE", "1"), ("IPFS_AUTO_PR", "YES"), ("IPFS_AUTO_HEAL", "True")]
    {
        assert!(refused(&[], &[(name, value)]).await.contains("AUTOHEAL_REPO"), "{name}");
    }
    let odd = refused(&["--issue", "--repo", "shop"], &[("GITHUB_TOKEN", "made-up")]).await;
    assert!(odd.contains("--repo: `shop` is neither owner/name nor PROJECT=owner/name"), "{odd}");
    let twice = refused(&["--issue", "--repo", "acme/shop,default=acme/blog"], &[("GITHUB_TOKEN", "made-up")]).await;
    assert!(twice.contains("the project `default` has two repositories"), "{twice}");
    let shared = refused(&["--issue", "--repo", "acme/shop,blog=Acme/Shop"], &[("GITHUB_TOKEN", "made-up")]).await;
    assert!(shared.contains("belongs to the projects `default` and `blog`"), "{shared}");
}

#[tokio::test]
async fn a_switch_value_that_is_neither_on_nor_off_is_refused_by_name() {
    for name in [
        "AUTOHEAL_ISSUE",
        "AUTOHEAL_PR",
        "AUTOHEAL_HEAL",
        "IPFS_AUTO_ISSUE",
        "IPFS_AUTO_PR",
        "IPFS_AUTO_HEAL",
        "AUTOHEAL_CALLER_ERRORS",
    ] {
        let said = refused(&[], &[(name, "maybe")]).await;
        assert!(said.contains(&format!("{name}: `maybe`")), "{said}");
    }
    assert!(refused(&["--issue=perhaps"], &[]).await.contains("--issue: `perhaps`"));
    assert!(refused(&["--caller-errors=perhaps"], &[]).await.contains("--caller-errors: `perhaps`"));
}

#[tokio::test]
async fn a_switch_without_a_token_is_refused_by_name() {
    let place = Place::new();
    let output = place.command().args(["--issue", "--repo", "acme/shop"]).output().await.unwrap();
    let said = sentence(&output);
    assert!(said.contains("GITHUB_TOKEN") && said.contains("gh auth login"), "{said}");
}

#[tokio::test]
async fn a_refused_token_leaves_no_store() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let mut command = place.command();
    command.args(["--issue", "--repo", "acme/shop"]);
    let output = command.env("GITHUB_TOKEN", std::ffi::OsStr::from_bytes(b"made-up\xff")).output().await.unwrap();
    assert_eq!(sentence(&output), "autoheal: GITHUB_TOKEN: the value is not UTF-8\n");
    let output = place.command().args(["--issue", "--repo", "acme/shop"]).output().await.unwrap();
    assert!(sentence(&output).contains("there is no token"), "{output:?}");
    assert!(!place.store().exists());
}

#[tokio::test]
async fn other_invalid_values_are_refused_by_name() {
    let cases = [
        ("AUTOHEAL_TRUST", "everybody"),
        ("AUTOHEAL_ALLOW_ORIGIN", "shop.example"),
        ("AUTOHEAL_PUBLIC_URL", "ftp://errors.example"),
        ("AUTOHEAL_PROJECT_KEYS", "no-project"),
        ("AUTOHEAL_UPSTREAM", "ftp://not.supported.example"),
        ("AUTOHEAL_STATIC", "/nonexistent/directory"),
    ];
    for (name, value) in cases {
        let said = refused(&[], &[(name, value)]).await;
        assert!(said.contains(name) && said.contains(value), "{said}");
    }
    let output = autoheal().args(["serve", "--store", "postgres://db"]).output().await.unwrap();
    assert!(sentence(&output).contains("--store: `postgres://db` is not supported"));
}

#[tokio::test]
async fn a_short_token_or_key_is_refused_by_name() {
    for name in ["AUTOHEAL_OPERATOR_TOKEN", "AUTOHEAL_KEY"] {
        for value in ["x", "made-up-secret-", "made-up-long-enough-secret,made-up", "made-up-long-enough-secret short"]
        {
            let said = refused(&[], &[(name, value)]).await;
            assert!(said.contains(name) && said.contains("at least 16"), "{said}");
            assert!(!said.contains("made-up") && !said.contains("short"), "{said}");
        }
    }
    let long = "made-up-long-enough-secret";
    for flag in ["--operator-token", "--sender-key"] {
        assert!(refused(&[flag, long, flag, "short"], &[]).await.contains(flag));
    }
}

#[tokio::test]
async fn every_command_in_the_readme_exists() {
    let readme = include_str!("../../../../README.md");
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("autoheal ")).collect();
    assert!(commands.len() >= 2, "{commands:?}");
    for command in commands {
        // Unknown flags are an error before help is printed. Words after `--` belong to a wrapped command.
        let command = command.split(" -- ").next().unwrap();
        let output = autoheal().args(command.split_whitespace()).arg("--help").output().await.unwrap();
        assert!(output.status.success(), "autoheal {command}: {output:?}");
    }
}
