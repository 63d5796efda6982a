//! The data directory without `XDG_DATA_HOME`: `HOME`, else the passwd entry; and a spool that is full.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::wrapped::Wrapped;

const AUTOHEAL: &str = env!("CARGO_BIN_EXE_autoheal");
/// Of more spooled reports, the oldest are dropped.
const SPOOL_LIMIT: usize = 500;

/// Runs a failing command in a mount namespace, in which the passwd entry of root names this home directory. None where the
/// system refuses namespaces.
fn fail_with_passwd(wrapped: &Wrapped, home: &str, variables: &[(&str, &str)]) -> Option<Output> {
    let passwd = wrapped.file("passwd", &format!("root:x:0:0:root:{home}:/bin/sh\n"));
    let works = |options: &&[&str]| {
        Command::new("unshare").args(*options).arg("true").stderr(Stdio::null()).status().is_ok_and(|it| it.success())
    };
    let choices: [&[&str]; 2] = [&["-m"], &["-Urm"]];
    let Some(options) = choices.into_iter().find(works) else {
        println!("left out: this system refuses namespaces");
        return None;
    };
    let script = "mount --bind \"$1\" /etc/passwd && exec \"$2\" run -- sh -c 'echo no price >&2; exit 3'";
    let mut unshare = Command::new("unshare");
    unshare.args(options).args(["sh", "-c", script, "sh"]).arg(passwd).arg(AUTOHEAL);
    unshare.env_clear().env("PATH", std::env::var_os("PATH")?).envs(variables.iter().copied());
    Some(unshare.current_dir(wrapped.path()).stdin(Stdio::null()).output().unwrap())
}

fn store_in(home: &Path) -> bool {
    home.join(".local/share/autoheal/autoheal.db").exists()
}

#[test]
fn without_a_usable_home_the_passwd_entry_serves() {
    for variables in
        [&[][..], &[("HOME", "")], &[("HOME", "relative")], &[("HOME", " "), ("XDG_DATA_HOME", "relative")]]
    {
        let wrapped = Wrapped::new();
        let home = wrapped.path().join("home");
        std::fs::create_dir(&home).unwrap();
        let Some(output) = fail_with_passwd(&wrapped, home.to_str().unwrap(), variables) else { return };
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "no price\n", "{variables:?}");
        assert!(store_in(&home), "{variables:?}");
        assert!(!wrapped.path().join("relative").exists(), "{variables:?}");
    }
    let wrapped = Wrapped::new();
    let own = wrapped.path().join("own");
    std::fs::create_dir(&own).unwrap();
    let variables = [("HOME", own.to_str().unwrap())];
    let Some(_output) = fail_with_passwd(&wrapped, wrapped.path().to_str().unwrap(), &variables) else { return };
    assert!(store_in(&own) && !store_in(wrapped.path()));
}

#[test]
fn without_any_home_directory_one_sentence_says_so() {
    let wrapped = Wrapped::new();
    for home in ["/no/such/directory", "relative", ""] {
        let Some(output) = fail_with_passwd(&wrapped, home, &[]) else { return };
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(3), 2), "{said}");
        assert!(said.contains("neither XDG_DATA_HOME nor HOME is an absolute path"), "{said}");
        assert!(!wrapped.path().join("relative").exists());
    }
}

#[test]
fn a_full_spool_says_how_many_reports_were_dropped() {
    let wrapped = Wrapped::new();
    let unreachable = ["--url", "http://127.0.0.1:9"];
    let fail = || {
        let output = wrapped.run(&unreachable, &["sh", "-c", "exit 3"]).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let said = fail();
    assert!(!said.contains("dropped"), "{said}");
    let report = std::fs::read_dir(wrapped.spool()).unwrap().flatten().map(|it| it.path());
    let report = report.into_iter().find(|path| path.extension().is_some_and(|it| it == "json")).unwrap();
    let add = |count: usize| {
        for at in 0..count {
            let name = format!("{:015}-{}.json", at, uuid::Uuid::new_v4());
            std::fs::copy(&report, wrapped.spool().join(name)).unwrap();
        }
    };
    add(SPOOL_LIMIT - wrapped.spooled());
    let said = fail();
    assert!(said.contains("the spool holds 500 reports at most, so the oldest one was dropped"), "{said}");
    add(12);
    let said = fail();
    assert!(said.contains("so the oldest 13 were dropped"), "{said}");
    assert_eq!(wrapped.spooled(), SPOOL_LIMIT);
}

#[test]
fn a_store_in_use_by_another_process_is_not_said_to_be_that_of_serve() {
    let wrapped = Wrapped::new();
    let store = std::fs::File::create(wrapped.place.store()).unwrap();
    store.lock().unwrap();
    let script = "read line; exit 3";
    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"price\"}}\n";
    let mut mcp = wrapped.mcp(&[], &["sh", "-c", script]);
    let mut child = mcp.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, call).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("another autoheal uses the store"), "{said}");
    assert_eq!(wrapped.spooled(), 1);
    drop(store);
}

#[test]
fn a_damaged_store_is_named_with_its_path_and_what_to_do() {
    let header = b"SQLite format 3\0".to_vec();
    let noise: Vec<u8> = (0..50_000_u32).map(|at| (at * 7 % 251) as u8).collect();
    for content in [noise.clone(), [header, noise].concat(), b"no database\n".repeat(400)] {
        let wrapped = Wrapped::new();
        std::fs::write(wrapped.place.store(), content).unwrap();
        let output = wrapped.run(&[], &["sh", "-c", "exit 3"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(said.contains(wrapped.place.store().to_str().unwrap()), "{said}");
        assert!(said.contains("is damaged") && said.contains("autoheal backup"), "{said}");
        assert_eq!(wrapped.spooled(), 1, "{said}");
    }
}
