//! Environment variables with odd values: refused at the start with a sentence that names the variable.

use std::process::Output;

use crate::place::{Place, autoheal};

/// A command, a variable that it reads, and a value that is refused.
const ODD: [(&[&str], &str, &str); 57] = [
    (&["serve"], "AUTOHEAL_ISSUE", "maybe"),
    (&["serve"], "AUTOHEAL_PR", "sure"),
    (&["serve"], "AUTOHEAL_HEAL", "2"),
    (&["serve"], "IPFS_AUTO_ISSUE", "maybe"),
    (&["serve"], "IPFS_AUTO_PR", "maybe"),
    (&["serve"], "IPFS_AUTO_HEAL", "maybe"),
    (&["serve"], "IPFS_REPO", "a/b/c"),
    (&["serve"], "AUTOHEAL_REPO", "a/b/c"),
    (&["explain"], "AUTOHEAL_REPO", "a/b/c"),
    (&["serve"], "AUTOHEAL_AGENT", "@ada"),
    (&["serve"], "AUTOHEAL_TRUST", "run,none"),
    (&["serve"], "AUTOHEAL_ISSUE_TEXT", "never"),
    (&["serve"], "AUTOHEAL_MIN_OCCURRENCES", "0"),
    (&["explain"], "AUTOHEAL_MIN_OCCURRENCES", "three"),
    (&["serve"], "AUTOHEAL_CALLER_ERRORS", "perhaps"),
    (&["serve"], "AUTOHEAL_CALLER_ERROR_CLIENTS", "0"),
    (&["serve"], "AUTOHEAL_RELATED_GROUPS", "-1"),
    (&["serve"], "AUTOHEAL_DIGEST_GROUPS", "few"),
    (&["serve"], "AUTOHEAL_DIGEST_WINDOW", "0s"),
    (&["serve"], "AUTOHEAL_SPIKE_FACTOR", "-1"),
    (&["serve"], "AUTOHEAL_SPIKE_COUNT", "0"),
    (&["serve"], "AUTOHEAL_SPIKE_WEEKS", "5"),
    (&["serve"], "AUTOHEAL_RELEASE_WINDOW", "91d"),
    (&["serve"], "AUTOHEAL_RELEASE_HISTORY", "0s"),
    (&["serve"], "AUTOHEAL_BUNDLE_INTERVAL", "0s"),
    (&["serve"], "AUTOHEAL_ISSUES_PER_HOUR", "0"),
    (&["serve"], "AUTOHEAL_HAND_OVERS_PER_DAY", "-1"),
    (&["serve"], "AUTOHEAL_OPEN_HAND_OVERS", "many"),
    (&["serve"], "AUTOHEAL_GITHUB_URL", "https://github.com"),
    (&["serve"], "AUTOHEAL_POLL_INTERVAL", "0s"),
    (&["serve"], "AUTOHEAL_WRITE_PACE", "1"),
    (&["serve"], "AUTOHEAL_LAG_BOUND", "99d"),
    (&["serve"], "AUTOHEAL_LISTEN", "shop.example:8787"),
    (&["erase", "0123456789abcdef0123456789abcdef"], "AUTOHEAL_LISTEN", "shop.example:8787"),
    (&["serve"], "AUTOHEAL_STORE", "postgres://db"),
    (&["run", "--", "echo", "started"], "AUTOHEAL_STORE", "sqlite:"),
    (&["backup", "a.db"], "AUTOHEAL_STORE", ":memory:"),
    (&["serve"], "AUTOHEAL_STORE_LIMIT", "500"),
    (&["serve"], "AUTOHEAL_RETENTION", "90"),
    (&["serve"], "AUTOHEAL_PUBLIC_URL", "http://a/b"),
    (&["serve"], "AUTOHEAL_ALLOW_ORIGIN", "https://a,https://a"),
    (&["serve"], "AUTOHEAL_PROJECT_KEYS", "a=b,a=c"),
    (&["serve"], "AUTOHEAL_RATE_LIMIT", "lots"),
    (&["serve"], "AUTOHEAL_NEW_GROUPS", "-1"),
    (&["serve"], "AUTOHEAL_MAX_CONNECTIONS", "0"),
    (&["serve"], "AUTOHEAL_TRUST_PROXY", "sometimes"),
    (&["serve"], "AUTOHEAL_SOFT_ERRORS", "sometimes"),
    (&["serve"], "AUTOHEAL_UPSTREAM", "ftp://a"),
    (&["serve"], "AUTOHEAL_STATIC", "/nonexistent/directory"),
    (&["serve"], "AUTOHEAL_SCRUB", "lax"),
    (&["serve"], "AUTOHEAL_SPOOL_INTERVAL", "0s"),
    (&["serve"], "AUTOHEAL_LOG", "loud"),
    (&["mcp", "--", "echo", "started"], "AUTOHEAL_SCRUB", "lax"),
    (&["mcp", "--", "echo", "started"], "AUTOHEAL_SOFT_ERRORS", "sometimes"),
    (&["run", "--", "echo", "started"], "AUTOHEAL_SCRUB", "lax"),
    (&["mcp", "--", "echo", "started"], "AUTOHEAL_URL", "errors.example"),
    (&["run", "--", "echo", "started"], "AUTOHEAL_PROJECT", "a b"),
];

/// The one line of a command that was refused at the start.
#[track_caller]
fn refusal(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{said}");
    assert!(output.stdout.is_empty(), "nothing was started: {output:?}");
    assert!(said.starts_with("autoheal: ") && said.lines().count() == 1, "expected one line: {said}");
    said
}

#[tokio::test]
async fn an_odd_value_is_refused_by_the_name_of_its_variable() {
    let directory = tempfile::tempdir().unwrap();
    for (command, name, value) in ODD {
        let mut autoheal = autoheal();
        autoheal
            .args(command)
            .env("PATH", "/usr/bin:/bin")
            .current_dir(directory.path())
            .stdin(std::process::Stdio::null());
        let output = autoheal.env("XDG_DATA_HOME", directory.path()).env(name, value).output().await.unwrap();
        let said = refusal(&output);
        assert!(said.starts_with(&format!("autoheal: {name}: `")), "{name}={value}: {said}");
        assert!(!said.contains("invalid digit"), "{said}");
    }
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert!(left.is_empty(), "a refused command creates no file: {left:?}");
}

#[tokio::test]
async fn the_option_is_named_if_it_hides_an_odd_variable() {
    let output = autoheal()
        .args(["serve", "--max-connections", "none"])
        .env("AUTOHEAL_MAX_CONNECTIONS", "1")
        .output()
        .await
        .unwrap();
    let said = refusal(&output);
    assert!(said.contains("autoheal: --max-connections: `none` is not a whole number from 1"), "{said}");
}

#[tokio::test]
async fn a_secret_that_no_header_carries_is_refused_without_showing_it() {
    for name in ["AUTOHEAL_OPERATOR_TOKEN", "AUTOHEAL_KEY", "AUTOHEAL_AGENT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"] {
        let place = Place::new();
        let output = place
            .command()
            .args(["--issue", "--repo", "acme/shop"])
            .env(name, "made-up-geheimnis-mit-ü")
            .output()
            .await
            .unwrap();
        let said = refusal(&output);
        assert!(said.starts_with(&format!("autoheal: {name}: ")) && said.contains("printable ASCII"), "{said}");
        assert!(!said.contains("geheimnis"), "{said}");
    }
}

#[tokio::test]
async fn one_secret_for_two_purposes_is_refused() {
    let place = Place::new();
    let secret = "made-up-long-enough-secret";
    let output =
        place.command().envs([("AUTOHEAL_OPERATOR_TOKEN", secret), ("AUTOHEAL_KEY", secret)]).output().await.unwrap();
    let said = refusal(&output);
    assert!(said.contains("AUTOHEAL_KEY") && said.contains("AUTOHEAL_OPERATOR_TOKEN"), "{said}");
    assert!(!said.contains(secret), "{said}");
}

#[tokio::test]
async fn secrets_of_different_powers_are_different() {
    let secret = "made-up-long-enough-secret";
    let key = format!("{secret}=shop");
    let cases = [
        [("AUTOHEAL_PROJECT_KEYS", key.as_str()), ("AUTOHEAL_KEY", secret)],
        [("AUTOHEAL_PROJECT_KEYS", &key), ("AUTOHEAL_OPERATOR_TOKEN", secret)],
        [("AUTOHEAL_PROJECT_KEYS", &key), ("AUTOHEAL_AGENT_TOKEN", secret)],
        [("AUTOHEAL_KEY", secret), ("AUTOHEAL_AGENT_TOKEN", secret)],
        [("AUTOHEAL_KEY", secret), ("GITHUB_TOKEN", secret)],
        [("AUTOHEAL_OPERATOR_TOKEN", secret), ("GITHUB_TOKEN", secret)],
    ];
    for case in cases {
        let output = Place::new().command().envs(case).output().await.unwrap();
        let said = refusal(&output);
        assert!(case.iter().all(|(name, _)| said.contains(name)) && said.contains("use different secrets"), "{said}");
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn a_service_behind_itself_is_refused() {
    let gateway = |arguments: &[&str]| {
        let mut command = autoheal();
        command.args(["mcp", "--http", "--listen", "127.0.0.1:9"]).args(arguments);
        command
    };
    for spelling in ["localhost", "127.0.0.1", "0.0.0.0"] {
        let url = format!("http://{spelling}:9/mcp");
        let output = gateway(&["--", &url]).output().await.unwrap();
        assert!(refusal(&output).contains("gateway's own address"), "{output:?}");
        let mut command = autoheal();
        command.args(["serve", "--listen", "127.0.0.1:9", "--store"]).arg(Place::new().store());
        let output = command.env("AUTOHEAL_UPSTREAM", &url).output().await.unwrap();
        let said = refusal(&output);
        assert!(said.starts_with("autoheal: AUTOHEAL_UPSTREAM: ") && said.contains("own address"), "{said}");
    }
    let output = gateway(&["--url", "http://localhost:9", "--", "http://127.0.0.1:1"]).output().await.unwrap();
    assert!(refusal(&output).starts_with("autoheal: AUTOHEAL_URL: "), "{output:?}");
    let output = Place::new().command().args(["--static", "/"]).output().await.unwrap();
    assert!(refusal(&output).starts_with("autoheal: --static: `/` holds the files of the whole system"), "{output:?}");
}

#[tokio::test]
async fn a_variable_that_is_no_setting_is_named_once_by_every_command_and_by_a_failing_run() {
    let directory = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 4] =
        [&["explain", "-"], &["backup", "a.db"], &["mcp", "--", "/bin/true"], &["mcp", "--http", "--", "ftp://a"]];
    for arguments in commands {
        let mut command = autoheal();
        command.args(arguments).env("AUTOHEAL_RETENTOIN", "1d").env("XDG_DATA_HOME", directory.path());
        let output = command.current_dir(directory.path()).stdin(std::process::Stdio::null()).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let warning =
            "autoheal: AUTOHEAL_RETENTOIN is not a setting and has no effect; did you mean AUTOHEAL_RETENTION?\n";
        assert_eq!(said.matches(warning).count(), 1, "{arguments:?}: {said}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("RETENTOIN"), "{arguments:?}");
    }
    let run = |url: Option<&'static str>| {
        let mut run = autoheal();
        run.args(["run", "--", "/bin/sh", "-c", "echo no price >&2; exit 3"]).env("AUTOHEAL_RETENTOIN", "1d");
        run.env("XDG_DATA_HOME", directory.path()).envs(url.map(|url| ("AUTOHEAL_URL", url)));
        run
    };
    let said = String::from_utf8(run(None).output().await.unwrap().stderr).unwrap();
    assert!(said.starts_with("no price\nautoheal: AUTOHEAL_RETENTOIN is not a setting") && said.lines().count() == 2);
    let said = String::from_utf8(run(Some("http://127.0.0.1:9")).output().await.unwrap().stderr).unwrap();
    assert!(said.contains("could not be reported yet") && said.contains("did you mean AUTOHEAL_RETENTION?"), "{said}");
}

#[tokio::test]
async fn a_blank_variable_counts_as_unset_for_every_option() {
    let mut place = Place::new();
    for blank in ["", "  "] {
        let names = ODD.iter().map(|(_, name, _)| *name).filter(|name| *name != "AUTOHEAL_LOG");
        place.variables = names.map(|name| (name.to_owned(), blank.to_owned())).collect();
        for name in ["AUTOHEAL_KEY", "AUTOHEAL_OPERATOR_TOKEN", "AUTOHEAL_AGENT_TOKEN"] {
            place.variables.push((name.to_owned(), blank.to_owned()));
        }
        place.serve().await.terminate().await;
    }
}

#[tokio::test]
async fn the_switch_for_a_proxy_takes_every_spelling() {
    // without a token, the dashboard is closed behind a proxy
    for (value, status) in [("yes", 401), ("1", 401), ("TRUE", 401), ("no", 200), ("0", 200)] {
        let mut place = Place::new();
        place.variables = vec![("AUTOHEAL_TRUST_PROXY".to_owned(), value.to_owned())];
        let serve = place.serve().await;
        assert_eq!(serve.get("/api/groups").await.status, status, "{value}");
    }
}

#[tokio::test]
async fn a_relative_data_directory_is_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let mut run = autoheal();
    run.args(["run", "--quiet", "--", "/bin/false"]).current_dir(directory.path());
    run.env("XDG_DATA_HOME", "relative").env("HOME", directory.path());
    assert_eq!(run.output().await.unwrap().status.code(), Some(1));
    assert!(!directory.path().join("relative").exists(), "the XDG specification ignores relative paths");
    assert!(directory.path().join(".local/share/autoheal/autoheal.db").exists());
}
